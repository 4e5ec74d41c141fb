// expect: sluice: Table<K, W>: the rows must be key and value, anything with the tuple protocol of
// budget: 14
#include <sluice/dstream/table.hpp>

#include <string>
#include <utility>
#include <vector>

#ifdef SLUICE_EXPECT_FAILURE
using Row = std::string;
#else
using Row = std::pair<std::string, int>;
#endif

auto users(const std::vector<Row>& rows)
{
    return sluice::Table{rows};
}
