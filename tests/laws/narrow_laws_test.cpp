#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/cache.hpp>

#include "laws/laws_support.hpp"

#include "support/catch.hpp"

#include <vector>

// The laws of narrow operators, on random streams and functions.

using sluice::cache, sluice::DStream, sluice::filter, sluice::flatMap, sluice::map;
using sluice::test::Any, sluice::test::forAll, sluice::test::randomStream;
using sluice::test::RandomFunction, sluice::test::RandomPredicate, sluice::test::RandomSpread;
using sluice::test::recordsOf, sluice::test::run;
using sluice::testing::Random;

namespace {
/// `operators` as a pipeline of no type of its own.
template <class Op>
Any<int, int> erased(const Op& operators)
{
    return [operators](const DStream<int>& stream) { return stream | operators; };
}

constexpr auto same = [](int x) { return x; };
constexpr auto unit = [](int x) { return std::vector{x}; };

std::vector<int> spreadTwice(const RandomSpread& f, const RandomSpread& g, int x)
{
    std::vector<int> all;
    for (const int y : f(x)) {
        for (const int z : g(y)) {
            all.push_back(z);
        }
    }
    return all;
}
} // namespace

TEST_CASE("map is a functor", "[laws][map]")
{
    forAll([](Random& random) {
        const auto in = randomStream<int>(random);
        const RandomFunction f{random};
        const RandomFunction g{random};
        CHECK(run(erased(map(same)), in) == recordsOf(in));
        CHECK(run(erased(map(f) | map(g)), in) ==
              run(erased(map([f, g](int x) { return g(f(x)); })), in));
    });
}

TEST_CASE("flatMap is a monad", "[laws][flatMap]")
{
    forAll([](Random& random) {
        const auto in = randomStream<int>(random);
        const RandomSpread f{random};
        const RandomSpread g{random};
        CHECK(run(erased(flatMap(unit)), in) == recordsOf(in));
        const int x = static_cast<int>(random.between(-30, 30));
        CHECK(run(erased(flatMap(f)), {{{x}}}) == sluice::testing::Batches<int>{f(x)});
        CHECK(run(erased(flatMap(f) | flatMap(g)), in) ==
              run(erased(flatMap([f, g](int y) { return spreadTwice(f, g, y); })), in));
    });
}

TEST_CASE("map and filter are flatMaps", "[laws][flatMap]")
{
    forAll([](Random& random) {
        const auto in = randomStream<int>(random);
        const RandomFunction f{random};
        const RandomPredicate p{random};
        CHECK(
            run(erased(map(f)), in) == run(erased(flatMap([f](int x) { return unit(f(x)); })), in));
        CHECK(run(erased(filter(p)), in) ==
              run(erased(flatMap([p](int x) { return std::vector<int>(p(x) ? 1 : 0, x); })), in));
    });
}

TEST_CASE("filters are one filter of both predicates, in any order", "[laws][filter]")
{
    forAll([](Random& random) {
        const auto in = randomStream<int>(random);
        const RandomPredicate p{random};
        const RandomPredicate q{random};
        const auto both = run(erased(filter([p, q](int x) { return p(x) && q(x); })), in);
        CHECK(run(erased(filter(p) | filter(q)), in) == both);
        CHECK(run(erased(filter(q) | filter(p)), in) == both);
    });
}

TEST_CASE("a fused chain equals the chain cut at any point", "[laws][fusion]")
{
    forAll([](Random& random) {
        const auto in = randomStream<int>(random);
        const auto a = map(RandomFunction{random});
        const auto b = flatMap(RandomSpread{random});
        const auto c = filter(RandomPredicate{random});
        const auto d = flatMap(RandomSpread{random});
        const auto e = map(RandomFunction{random});
        const auto fused = run(erased(a | b | c | d | e), in);
        CHECK(run(erased(a | cache() | b | c | d | e), in) == fused);
        CHECK(run(erased(a | b | cache() | c | d | e), in) == fused);
        CHECK(run(erased(a | b | c | cache() | d | e), in) == fused);
        CHECK(run(erased(a | b | c | d | cache() | e), in) == fused);
        // Cut everywhere, by the erased type.
        const Any<int, int> cut = [&](const DStream<int>& stream) {
            DStream<int> made = stream | a;
            made = made | b;
            made = made | c;
            made = made | d;
            return DStream<int>{made | e};
        };
        CHECK(run(cut, in) == fused);
    });
}
