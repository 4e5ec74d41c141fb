// expect: sluice: flatMapValues\(function\): the records must be key and value, anything with the
// budget: 14
#include <sluice/algebra/flat_map_values.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/dstream.hpp>

#include <string>
#include <utility>

#ifdef SLUICE_EXPECT_FAILURE
using Record = std::string;
#else
using Record = std::pair<int, std::string>;
#endif

auto wordsOf(const sluice::DStream<Record>& records)
{
    return records | sluice::flatMapValues(sluice::words);
}
