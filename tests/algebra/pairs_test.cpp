#include <sluice/algebra/pairs.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>

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

using sluice::Accepts, sluice::evaluate, sluice::keys, sluice::map, sluice::values;
using sluice::test::Spy;

namespace {
using Count = std::pair<std::string_view, int>;
using Keys = std::remove_cvref_t<decltype(keys)>;
using Values = std::remove_cvref_t<decltype(values)>;

static_assert(Accepts<Keys, Count> && Accepts<Values, Count>);
static_assert(!Accepts<Keys, int> && !Accepts<Values, std::tuple<int, int, int>>);
static_assert(Accepts<decltype(map(keys)), Count>);
static_assert(Accepts<decltype(map(values)), Count>);
static_assert(!Accepts<decltype(map(keys)), int>);
static_assert(sluice::Borrows<Keys> && sluice::Borrows<Values>);

static_assert(keys(std::pair{'a', 1}) == 'a' && values(std::pair{'a', 1}) == 1);
static_assert(evaluate(values, std::array{std::pair{'a', 1}, std::pair{'b', 2}})[1] == 2);
} // namespace

TEST_CASE(
    "keys and values are the halves of pairs, as operators and as functions", "[algebra][pairs]")
{
    // [example]
    std::vector<std::pair<std::string, int>> counts{{"a", 1}, {"b", 2}};
    CHECK(evaluate(keys, counts) == std::vector<std::string>{"a", "b"});
    CHECK(evaluate(values, counts) == std::vector{1, 2});
    // [example]
    CHECK(evaluate(map(keys), counts) == std::vector<std::string>{"a", "b"});
    CHECK(evaluate(map(values), counts) == std::vector{1, 2});
}

TEST_CASE("keys and values answer an empty range with an empty one", "[algebra][pairs]")
{
    CHECK(evaluate(keys, std::vector<std::pair<int, int>>{}).empty());
    CHECK(evaluate(values, std::vector<Count>{}).empty());
    CHECK(evaluate(map(values), std::vector<Count>{}).empty());
}

TEST_CASE("keys keeps views of the range as they are", "[algebra][pairs]")
{
    const std::string text{"a long enough key to be no short string"};
    std::vector<Count> counts{{text, 1}};
    auto out = evaluate(keys, counts);
    static_assert(std::is_same_v<decltype(out), std::vector<std::string_view>>);
    static_assert(
        std::is_same_v<decltype(evaluate(map(keys), counts)), std::vector<std::string_view>>);
    CHECK(out.front().data() == text.data());
    CHECK(evaluate(map(keys), counts).front().data() == text.data());
}

TEST_CASE("keys of pairs that a chain made own what they need", "[algebra][pairs]")
{
    auto made = map([](int x) {
        return std::pair{std::to_string(x) + " and a long text behind it", x};
    });
    auto out = evaluate(made | map(keys), std::vector{1, 2});
    CHECK(out[1] == "2 and a long text behind it");
    CHECK(evaluate(made | keys, std::vector{1, 2}) == out);

    // Views of what dies with the call are copied, through keys as well.
    auto viewed = made | map([](const auto& pair) {
        return std::pair{std::string_view{pair.first}, pair.second};
    });
    CHECK(evaluate(viewed | keys, std::vector{1, 2}) ==
          std::vector<std::string_view>{out[0], out[1]});
}

TEST_CASE("keys and values move halves of pairs that the chain made", "[algebra][pairs]")
{
    auto made = map([](int x) { return std::pair{Spy{x}, Spy{-x}}; });
    auto positive = sluice::filter([](const Spy& spy) { return spy.value > 0; });
    Spy::reset();
    CHECK(evaluate(made | keys | positive, std::vector{1, 2}).size() == 2);
    CHECK(evaluate(made | values | positive, std::vector{1, 2}).empty());
    CHECK(Spy::copies == 0);

    auto boxed = map([](int x) { return std::pair{std::make_unique<int>(x), x}; });
    CHECK(*evaluate(boxed | keys, std::vector{7}).front() == 7);

    std::vector<std::pair<Spy, int>> in{{Spy{3}, 4}};
    Spy::reset();
    CHECK(evaluate(keys | positive, in).size() == 1);
    CHECK(Spy::copies == 1); // of the key of a pair that lies in the range, where it is kept
}

TEST_CASE("keys is map(keys), and so is values", "[algebra][pairs]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    for (int round = 0; round < 50; ++round) {
        const auto keyed = evaluate(map([](int x) {
            return std::pair{x % 5, x};
        }),
            random.numbers());
        CHECK(evaluate(keys, keyed) == evaluate(map(keys), keyed));
        CHECK(evaluate(values, keyed) == evaluate(map(values), keyed));
    }
}
