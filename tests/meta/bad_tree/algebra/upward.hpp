#pragma once

#include <sluice/engine/fine.hpp>
