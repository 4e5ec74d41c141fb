#pragma once

#include "sluice/engine/fine.hpp"
#include <sluice/engine/gone.hpp>

#include <iostream>
