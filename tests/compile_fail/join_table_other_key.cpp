// expect: sluice: joinTable\(table\): the records must have the table's type of key
// budget: 14
#include <sluice/dstream/join_table.hpp>

#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
using Key = int;
#else
using Key = std::string;
#endif

auto named(const sluice::DStream<std::pair<std::string, long>>& orders,
    const sluice::Table<Key, int>& users)
{
    return orders | sluice::joinTable(users);
}
