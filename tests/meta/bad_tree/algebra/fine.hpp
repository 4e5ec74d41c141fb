#pragma once

#include <sluice/version.hpp>
