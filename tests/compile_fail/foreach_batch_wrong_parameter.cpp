// expect: the function must be callable as void\(const Batch<T>&\)
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/output/foreach_batch.hpp>

#include <string>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto look = [](const std::string&) {};
#else
constexpr auto look = [](const sluice::Batch<std::string>&) {};
#endif

void each(const sluice::DStream<std::string>& texts)
{
    texts | sluice::foreachBatch(look);
}
