// expect: sluice: records that are kept must own what they refer to
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/group_by_key.hpp>
#include <sluice/output/foreach_batch.hpp>

#include <utility>

using Record = std::pair<int, sluice::Values<int>>;

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto firstHalf = [](const Record& record) {
    return record.second.first(record.second.size() / 2);
};
#else
constexpr auto firstHalf = [](const Record& record) { return record.second.size() / 2; };
#endif

auto grouped(const sluice::DStream<std::pair<int, int>>& records)
{
    return records | sluice::groupByKey() | sluice::map(firstHalf) |
           sluice::foreachBatch([](const auto&) {});
}
