#include <sluice/algebra/filter.hpp>
#include <sluice/dstream/shuffle/repartition.hpp>
#include <sluice/dstream/union.hpp>

#include "laws/laws_support.hpp"

#include "support/catch.hpp"

#include <cstddef>

// The laws of what neither makes nor drops records, on random streams.

using sluice::DStream, sluice::filter, sluice::union_;
using sluice::test::Any, sluice::test::bags, sluice::test::forAll, sluice::test::randomStream;
using sluice::test::RandomPredicate, sluice::test::recordsOf, sluice::test::run;
using sluice::testing::Random;

namespace {
using Ints = DStream<int>;
using OfTwo = Any<int, int, int>;
using OfThree = Any<int, int, int, int>;
} // namespace

TEST_CASE("filter commutes with union_", "[laws][union_]")
{
    forAll([](Random& random) {
        const auto x = randomStream<int>(random);
        const auto y = randomStream<int>(random);
        const auto kept = filter(RandomPredicate{random});
        const OfTwo before = [&](const Ints& a, const Ints& b) {
            return (a | kept) | union_(b | kept);
        };
        const OfTwo behind = [&](const Ints& a, const Ints& b) { return a | union_(b) | kept; };
        CHECK(run(before, x, y) == run(behind, x, y));
    });
}

TEST_CASE("union_ is associative, and commutative as bags", "[laws][union_]")
{
    forAll([](Random& random) {
        const auto x = randomStream<int>(random);
        const auto y = randomStream<int>(random);
        const auto z = randomStream<int>(random);
        const OfThree leftFirst = [](const Ints& a, const Ints& b, const Ints& c) {
            return a | union_(b) | union_(c);
        };
        const OfThree rightFirst = [](const Ints& a, const Ints& b, const Ints& c) {
            return a | union_(b | union_(c));
        };
        const OfThree atOnce = [](const Ints& a, const Ints& b, const Ints& c) {
            return a | union_(b, c);
        };
        const auto all = run(atOnce, x, y, z);
        CHECK(run(leftFirst, x, y, z) == all);
        CHECK(run(rightFirst, x, y, z) == all);
        CHECK(bags(run(atOnce, z, x, y)) == bags(all));
    });
}

TEST_CASE("repartition is the identity on bags", "[laws][repartition]")
{
    forAll([](Random& random) {
        const auto in = randomStream<int>(random);
        const std::size_t n = 1 + random.below(9);
        CAPTURE(n);
        const Any<int, int> cut = [n](const Ints& a) { return a | sluice::repartition(n); };
        CHECK(bags(run(cut, in)) == bags(recordsOf(in)));
    });
}
