#include <sluice/impl/src.hpp>
