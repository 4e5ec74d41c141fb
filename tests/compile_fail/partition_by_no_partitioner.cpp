// expect: partitionBy\(partitioner\): the partitioner must have partitions\(\)
// budget: 14
#include <sluice/dstream/shuffle/partition_by.hpp>

#include <cstddef>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto byKey = [](int key) { return key % 4; };
#else
struct ByKey {
    static std::size_t partitions() { return 4; }
    std::size_t operator()(int key) const { return static_cast<std::size_t>(key % 4); }
    bool operator==(const ByKey&) const = default;
};
constexpr ByKey byKey;
#endif

auto placed(const sluice::DStream<std::pair<int, int>>& records)
{
    return records | sluice::partitionBy(byKey);
}
