#include "adults.hpp"

#include <sluice/algebra/filter.hpp>

sluice::DStream<int> adults(sluice::DStream<int>& ages)
{
    return ages | sluice::filter([](int age) { return age >= 18; });
}
