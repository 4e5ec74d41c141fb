#pragma once

#include <sluice/cluster/fine.hpp>
#include <sluice/dstream/careless.hpp>
