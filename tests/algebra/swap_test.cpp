#include <sluice/algebra/swap.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/pairs.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/spy.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::map, sluice::swap;
using sluice::test::Spy;

namespace {
using Swap = std::remove_cvref_t<decltype(swap)>;

// What swap takes and what it refuses, settled while compiling.
static_assert(Accepts<Swap, std::pair<int, std::string>>);
static_assert(!Accepts<Swap, int>);
static_assert(!Accepts<Swap, std::tuple<int, int, int>>);

static_assert(evaluate(swap, std::array{std::pair{'a', 1}})[0] == std::pair{1, 'a'});
} // namespace

TEST_CASE("swap exchanges keys and values", "[algebra][swap]")
{
    // [example]
    std::vector<std::pair<std::string, int>> counts{{"a", 1}, {"b", 2}};
    auto byCount = evaluate(swap, counts);
    CHECK(byCount == std::vector<std::pair<int, std::string>>{{1, "a"}, {2, "b"}});
    // [example]
    CHECK(counts[0].first == "a");
}

TEST_CASE("swap answers an empty range with an empty one", "[algebra][swap]")
{
    CHECK(evaluate(swap, std::vector<std::pair<int, char>>{}).empty());
}

TEST_CASE("swap moves both halves of pairs that the chain made", "[algebra][swap]")
{
    Spy::reset();
    auto made = map([](int x) { return std::pair{Spy{x}, Spy{x + 1}}; });
    auto out = evaluate(made | swap, std::vector{1});
    CHECK(out[0].first.value == 2);
    CHECK(out[0].second.value == 1);
    CHECK(Spy::copies == 0);

    auto boxed = map([](int x) { return std::pair{std::make_unique<int>(x), x}; });
    CHECK(*evaluate(boxed | swap, std::vector{7})[0].second == 7);
}

TEST_CASE(
    "swap keeps views of the range as they are, and copies those of temporaries", "[algebra][swap]")
{
    const std::string text{"a long enough key to be no short string"};
    std::vector<std::pair<std::string_view, int>> counts{{text, 1}};
    auto out = evaluate(swap, counts);
    static_assert(std::is_same_v<decltype(out), std::vector<std::pair<int, std::string_view>>>);
    CHECK(out[0].second.data() == text.data());

    auto viewed = map([buffer = std::string{}](int x) mutable {
        buffer = std::string(40, static_cast<char>('a' + x));
        return std::pair{std::string_view{buffer}, x};
    });
    const auto kept = evaluate(viewed | swap, std::vector{0, 1});
    CHECK(kept[0].second == std::string(40, 'a'));
    CHECK(kept[1].second == std::string(40, 'b'));
}

TEST_CASE("swap twice changes nothing, and exchanges keys and values", "[algebra][swap]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (int round = 0; round < 50; ++round) {
        const auto keyed = evaluate(map([](int x) {
            return std::pair{x % 5, x};
        }),
            random.numbers());
        CHECK(evaluate(swap | swap, keyed) == keyed);
        CHECK(evaluate(swap | sluice::keys, keyed) == evaluate(sluice::values, keyed));
    }
}
