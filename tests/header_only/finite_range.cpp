// The algebra alone: a pipeline over a finite range, in the compiler and at run time.
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace {
constexpr auto oddSquares =
    sluice::filter([](int x) { return x % 2 != 0; }) | sluice::map([](int x) { return x * x; });
static_assert(std::ranges::equal(
    sluice::evaluate(oddSquares, std::array{1, 2, 3, 4, 5}), std::array{1, 9, 25}));
} // namespace

int main()
{
    std::vector<std::string> text{"to be or", "not to be"};
    auto lengths = sluice::flatMap(sluice::words) |
                   sluice::map([](std::string_view word) { return word.size(); });
    return sluice::evaluate(lengths, text) == std::vector<std::size_t>{2, 2, 2, 3, 2, 2} ? 0 : 1;
}
