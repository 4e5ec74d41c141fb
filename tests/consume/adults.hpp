#pragma once

#include <sluice/dstream/dstream.hpp>

// Takes and gives streams: files of one program must agree on what these are.
sluice::DStream<int> adults(sluice::DStream<int>& ages);
