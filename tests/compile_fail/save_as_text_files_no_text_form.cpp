// expect: sluice: saveAsTextFiles\(\): the records need a text form
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/output/save_as_text_files.hpp>

#include <string>

#ifdef SLUICE_EXPECT_FAILURE
struct Order {
    std::string customer;
};
#else
using Order = std::string;
#endif

void save(const sluice::DStream<Order>& orders)
{
    orders | sluice::saveAsTextFiles("orders");
}
