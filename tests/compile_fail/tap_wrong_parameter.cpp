// expect: sluice: tap\(function\): the function must be callable as void\(const T&\)
// budget: 14
#include <sluice/algebra/tap.hpp>
#include <sluice/dstream/dstream.hpp>

#include <string>

#ifdef SLUICE_EXPECT_FAILURE
using Record = std::string;
#else
using Record = int;
#endif

auto watched(const sluice::DStream<Record>& records)
{
    return records | sluice::tap([](int) {});
}
