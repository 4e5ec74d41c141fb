// expect: sluice: joinTable\(table\): the records must be key and value, anything with the tuple
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/join_table.hpp>

#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
using Order = long;
#else
using Order = std::pair<std::string, long>;
#endif

auto named(const sluice::DStream<Order>& orders, const sluice::Table<std::string, int>& users)
{
    return orders | (sluice::map([](const Order& order) { return order; }) |
                        sluice::leftOuterJoinTable(users));
}
