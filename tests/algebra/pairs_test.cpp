#include <sluice/algebra/pairs.hpp>

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/map.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::evaluate, sluice::keys, sluice::map, sluice::values;

namespace {
using Count = std::pair<std::string_view, int>;

static_assert(Accepts<decltype(map(keys)), Count>);
static_assert(Accepts<decltype(map(values)), Count>);
static_assert(!Accepts<decltype(map(keys)), int>);
static_assert(sluice::Borrows<std::remove_cvref_t<decltype(keys)>> &&
              sluice::Borrows<std::remove_cvref_t<decltype(values)>>);
} // namespace

TEST_CASE("keys and values are the halves of pairs", "[algebra][pairs]")
{
    std::vector<std::pair<std::string, int>> counts{{"a", 1}, {"b", 2}};
    CHECK(evaluate(map(keys), counts) == std::vector<std::string>{"a", "b"});
    CHECK(evaluate(map(values), counts) == std::vector{1, 2});
    CHECK(evaluate(map(values), std::vector<Count>{}).empty());
}

TEST_CASE("keys keeps views of the range as they are", "[algebra][pairs]")
{
    const std::string text{"a long enough key to be no short string"};
    std::vector<Count> counts{{text, 1}};
    auto out = evaluate(map(keys), counts);
    static_assert(std::is_same_v<decltype(out), std::vector<std::string_view>>);
    CHECK(out.front().data() == text.data());
}

TEST_CASE("keys of pairs that a chain made own what they need", "[algebra][pairs]")
{
    auto made = map([](int x) {
        return std::pair{std::to_string(x) + " and a long text behind it", x};
    });
    auto out = evaluate(made | map(keys), std::vector{1, 2});
    CHECK(out[1] == "2 and a long text behind it");
}
