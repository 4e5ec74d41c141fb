#pragma once

#include <sluice/algebra/detail/private.hpp>
#include <sluice/algebra/fine.hpp>
