// expect: sluice: flatMapValues\(function\): the keys must be copyable
// budget: 14
#include <sluice/algebra/flat_map_values.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/dstream.hpp>

#include <memory>
#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
using Key = std::unique_ptr<int>;
#else
using Key = std::shared_ptr<int>;
#endif

auto wordsOf(const sluice::DStream<std::pair<Key, std::string>>& records)
{
    return records | sluice::flatMapValues(sluice::words);
}
