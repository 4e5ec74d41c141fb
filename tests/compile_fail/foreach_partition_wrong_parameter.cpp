// expect: sluice: foreachPartition\(function\): the function must be callable as void
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/output/foreach_partition.hpp>

#include <string>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto save = [](const std::string&) {};
#else
constexpr auto save = [](const sluice::Partition<std::string>&) {};
#endif

void each(const sluice::DStream<std::string>& texts)
{
    texts | sluice::foreachPartition(save);
}
