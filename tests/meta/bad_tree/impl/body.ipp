#include <sluice/dstream/careless.hpp>
