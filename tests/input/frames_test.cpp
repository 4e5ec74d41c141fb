#include <sluice/input/detail/frames.hpp>

#include <sluice/algebra/error.hpp>
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/framing.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace std::string_view_literals;
using sluice::delimitedBy, sluice::Frame, sluice::lengthPrefixed;

namespace {
template <class F>
std::vector<std::string> recordsOf(const F& framing, std::string_view text)
{
    std::vector<std::string> records;
    for (const std::string_view record : sluice::detail::FramesFn<F>{framing}(text)) {
        records.emplace_back(record);
    }
    return records;
}
} // namespace

TEST_CASE("the records of whole frames are what lies between their ends", "[input][frames]")
{
    using Records = std::vector<std::string>;
    CHECK(recordsOf(delimitedBy(";;"), "one;;two;;") == Records{"one", "two"});
    CHECK(recordsOf(delimitedBy('\0'), "a\0\0b\0"sv) == Records{"a", "", "b"});
    CHECK(recordsOf(delimitedBy(';'), "").empty());
}

TEST_CASE("whole frames become records in a loop and in an iteration", "[input][frames]")
{
    const std::vector<std::string_view> blocks{"\2ab\0\1c"sv, "\1d"sv, ""sv};
    const sluice::detail::FramesFn frames{lengthPrefixed({.bytes = 1})};
    const auto all = sluice::evaluate(sluice::flatMap(frames), blocks);
    CHECK(all == std::vector<std::string_view>{"ab", "", "c", "d"});
    CHECK(recordsOf(lengthPrefixed({.bytes = 1}), "\2ab\0\1c"sv) ==
          std::vector<std::string>{"ab", "", "c"});
}

TEST_CASE("a framing that changes its mind is told so", "[input][frames][errors]")
{
    const auto mad = [](std::string_view, std::size_t) { return Frame::more(); };
    CHECK_THROWS_AS(recordsOf(mad, "abc"), sluice::Error);
    const auto bold = [](std::string_view bytes, std::size_t) {
        return Frame::whole(bytes.size() + 1);
    };
    CHECK_THROWS_AS(recordsOf(bold, "abc"), sluice::Error);
}
