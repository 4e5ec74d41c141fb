// expect: sluice: saveAsObjectFiles\(\): the records need a sluice::Serde<T>
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/output/save_as_object_files.hpp>

#include <string>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
struct Order {
    const std::string* customer;
    std::vector<int> lines;
};
#else
struct Order {
    std::string customer;
    std::vector<int> lines;
};
#endif

void save(const sluice::DStream<Order>& orders)
{
    orders | sluice::saveAsObjectFiles("orders");
}
