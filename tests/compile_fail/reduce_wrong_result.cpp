// expect: sluice: reduce\(function\): the function must be callable as T\(T, const T&\)
// budget: 14
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/reduce.hpp>

#include <string>

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto join = [](const std::string& a, const std::string& b) {
    return a.size() < b.size() ? &a : &b;
};
#else
constexpr auto join = [](const std::string& a, const std::string& b) {
    return a.size() < b.size() ? a : b;
};
#endif

auto joined(const sluice::DStream<std::string>& texts)
{
    return texts | sluice::reduce(join);
}
