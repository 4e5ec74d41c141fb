#pragma once

#include <sluice/algebra/fine.hpp>

#include <thread>
