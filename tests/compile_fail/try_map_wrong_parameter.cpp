// expect: sluice: tryMap\(function\): the function must be callable as U\(const T&\), with a result
// budget: 14
#include <sluice/dstream/try_map.hpp>

#include <string>

#ifdef SLUICE_EXPECT_FAILURE
int parse(int digit);
#else
int parse(const std::string& line);
#endif

auto parsed(const sluice::DStream<std::string>& lines)
{
    return lines | sluice::tryMap(&parse);
}
