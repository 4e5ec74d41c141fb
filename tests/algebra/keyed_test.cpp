#include <sluice/algebra/keyed.hpp>

#include <sluice/algebra/detail/repoint.hpp>
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/flat_map_values.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/algebra/pairs.hpp>
#include <sluice/algebra/swap.hpp>

#include "support/catch.hpp"
#include "support/keyed.hpp"
#include "support/spy.hpp"

#include <array>
#include <functional>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

using sluice::evaluate, sluice::flatMapValues, sluice::keys, sluice::KeyValue, sluice::map,
    sluice::mapValues, sluice::swap, sluice::values;
using sluice::detail::keepable;
using sluice::test::Line, sluice::test::Owner, sluice::test::Reading, sluice::test::Spy;

namespace {
// Said to be of size two, but with no get to show for it.
struct Incomplete {};
} // namespace

template <>
struct std::tuple_size<Incomplete> : std::integral_constant<std::size_t, 2> {};

namespace {
constexpr auto negated = [](int x) { return -x; };
constexpr auto bothSigns = [](int x) { return std::array{x, -x}; };
constexpr std::string_view longText{"a text that is long enough to be no short string"};

static_assert(KeyValue<std::pair<int, bool>> && KeyValue<std::tuple<int, bool>>);
static_assert(KeyValue<std::array<int, 2>> && KeyValue<Reading<int, bool>> && KeyValue<Line>);
static_assert(!KeyValue<int> && !KeyValue<std::tuple<int>> && !KeyValue<std::tuple<int, int, int>>);
static_assert(!KeyValue<std::array<int, 3>> && !KeyValue<std::string>);

// A subrange has the protocol, and is no record of two iterators.
static_assert(!KeyValue<std::ranges::subrange<int*>>);
static_assert(!KeyValue<Incomplete>);

static_assert(std::is_same_v<sluice::KeyOf<std::tuple<const int&, bool>>, int>);
static_assert(std::is_same_v<sluice::MappedOf<Reading<int, bool>>, bool>);

// What its fields own, a class owns; of views that its parts are, bytes can be copied.
static_assert(sluice::Owning<Reading<std::string, int>>);
static_assert(!sluice::Owning<Reading<std::string_view, int>>);
static_assert(keepable<Reading<std::string_view, int>>);
static_assert(keepable<std::tuple<Reading<int, std::string_view>, int>>);
static_assert(!keepable<Reading<std::string_view, const int*>>);
// What its get makes anew is no part that could be made to point elsewhere.
static_assert(!keepable<Line> && !keepable<Owner<std::string_view>>);
static_assert(sluice::Owning<Owner<std::string>>);

static_assert(keys(std::tuple{'a', 1}) == 'a' && values(Reading<char, int>{'a', 1}) == 1);
static_assert(
    evaluate(mapValues(negated), std::array{std::tuple{'a', 1}})[0] == std::pair{'a', -1});
static_assert(evaluate(swap, std::array{Reading<char, int>{'a', 1}})[0] == std::pair{1, 'a'});

template <class Record>
void checkEachOperator(std::vector<Record> in)
{
    using Counts = std::vector<std::pair<std::string, int>>;
    CHECK(evaluate(keys, in) == std::vector<std::string>{"a", "b"});
    CHECK(evaluate(map(keys), in) == std::vector<std::string>{"a", "b"});
    CHECK(evaluate(values, in) == std::vector{1, 2});
    CHECK(evaluate(mapValues(negated), in) == Counts{{"a", -1}, {"b", -2}});
    CHECK(
        evaluate(flatMapValues(bothSigns), in) == Counts{{"a", 1}, {"a", -1}, {"b", 2}, {"b", -2}});
    CHECK(evaluate(swap | values, in) == std::vector<std::string>{"a", "b"});
    const auto same = map([](const Record& record) { return record; });
    CHECK(evaluate(same | mapValues(negated) | values, in) == std::vector{-1, -2});
    CHECK(evaluate(mapValues(negated), std::vector<Record>{}).empty());
}

// Views that a chain kept, after all it was made of is gone.
template <class Record>
void checkViewsAreKept()
{
    const auto made = map([](int x) { return std::string{longText} + std::to_string(x); });
    const auto viewed = made | map([](const std::string& text) { return Record{text, 1}; });
    const std::string expected = std::string{longText} + "7";
    CHECK(evaluate(viewed | keys, std::vector{7}).front() == expected);
    CHECK(evaluate(viewed | mapValues(negated), std::vector{7}).front().first == expected);
    CHECK(evaluate(viewed | flatMapValues(bothSigns), std::vector{7}).front().first == expected);
    CHECK(evaluate(viewed | swap, std::vector{7}).front().second == expected);
    CHECK(sluice::detail::keyOf(evaluate(viewed, std::vector{7}).front()) == expected);
}

template <class Record>
void checkMoves()
{
    const auto made = map([](int x) { return Record{Spy{x}, Spy{-x}}; });
    const auto value = [](const Spy& spy) { return spy.value; };
    Spy::reset();
    CHECK(evaluate(made | keys | map(value), std::vector{1, 2}) == std::vector{1, 2});
    CHECK(evaluate(made | swap | keys | map(value), std::vector{1, 2}) == std::vector{-1, -2});
    CHECK(evaluate(made | mapValues(value) | keys | map(value), std::vector{3}) == std::vector{3});
    CHECK(Spy::copies == 0);
}
} // namespace

TEST_CASE("whatever has the tuple protocol of size two is key and value", "[algebra][keyed]")
{
    // [example]
    std::vector<std::tuple<std::string, int>> counts{{"a", 1}, {"b", 2}};
    CHECK(evaluate(mapValues(std::negate<>{}), counts) ==
          std::vector<std::pair<std::string, int>>{{"a", -1}, {"b", -2}}); // a pair comes of it
    // [example]
    checkEachOperator(counts);
    checkEachOperator(std::vector<std::pair<std::string, int>>{{"a", 1}, {"b", 2}});
    checkEachOperator(std::vector<Reading<std::string, int>>{{"a", 1}, {"b", 2}});
    CHECK(evaluate(swap, std::vector<std::array<int, 2>>{{1, 2}}).front() == std::pair{2, 1});
}

TEST_CASE("parts of keyed records that a chain made are moved", "[algebra][keyed]")
{
    checkMoves<std::pair<Spy, Spy>>();
    checkMoves<std::tuple<Spy, Spy>>();
    checkMoves<Reading<Spy, Spy>>();

    const auto boxed = map([](int x) { return std::tuple{x, std::make_unique<int>(x)}; });
    CHECK(*evaluate(boxed | values, std::vector{7}).front() == 7);
    CHECK(*evaluate(boxed | swap, std::vector{7}).front().first == 7);
}

TEST_CASE("views among the parts of keyed records stay good", "[algebra][keyed][dangling]")
{
    checkViewsAreKept<std::pair<std::string_view, int>>();
    checkViewsAreKept<std::tuple<std::string_view, int>>();
    checkViewsAreKept<Reading<std::string_view, int>>();

    // Of records that lie in the range they are kept as they are.
    const std::vector<Reading<std::string_view, int>> in{{longText, 1}};
    CHECK(evaluate(keys, in).front().data() == longText.data());
    CHECK(evaluate(mapValues(negated), in).front().first.data() == longText.data());
}

TEST_CASE("views that a record makes of itself are copied where they are kept",
    "[algebra][keyed][dangling]")
{
    const std::string line = "key:" + std::string{longText};
    const std::vector<Line> in{Line{line}};
    CHECK(evaluate(values, in).front() == longText);
    CHECK(evaluate(swap, in).front() ==
          std::pair<std::string_view, std::string_view>{longText, "key"});

    const auto made =
        map([](int x) { return Owner<std::string>{std::to_string(x) + std::string{longText}}; });
    CHECK(evaluate(made | values, std::vector{7}).front() == longText);
    CHECK(evaluate(made | map(values), std::vector{7}).front() == longText);
    CHECK(evaluate(made | mapValues(sluice::borrows([](std::string_view text) { return text; })),
              std::vector{7})
              .front()
              .second == longText);
    const auto each = [](const std::string_view& text) { return std::ranges::subrange{text}; };
    CHECK(evaluate(made | flatMapValues(each), std::vector{7}).size() == longText.size());
}
