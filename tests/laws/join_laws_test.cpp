#include <sluice/algebra/map.hpp>
#include <sluice/dstream/shuffle/cogroup.hpp>
#include <sluice/dstream/shuffle/join.hpp>

#include "laws/laws_support.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

// Joins and cogroup against the shortest program that says what they are, on random streams.

using sluice::DStream, sluice::map;
using sluice::test::Any, sluice::test::bags, sluice::test::forAll, sluice::test::randomStream;
using sluice::test::recordsOf, sluice::test::run;
using sluice::testing::Batches, sluice::testing::Random;

namespace {
using Pair = std::pair<int, int>;
using Pairs = DStream<Pair>;
using Maybe = std::optional<int>;
/// A record of any of the joins, so that one type does for all of them.
using Joined = std::pair<int, std::pair<Maybe, Maybe>>;
using Join = Any<Joined, Pair, Pair>;

const auto widened = map([](const auto& record) {
    return Joined{record.first, {Maybe{record.second.first}, Maybe{record.second.second}}};
});

/// The oracle: each with each, and those that nobody matches where they are to be kept.
Batches<Joined> joined(
    const Batches<Pair>& a, const Batches<Pair>& b, bool keepLeft, bool keepRight)
{
    const auto hasKey = [](const std::vector<Pair>& pairs, int key) {
        return std::ranges::find(pairs, key, &Pair::first) != pairs.end();
    };
    Batches<Joined> out(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        for (const auto& [key, left] : a[i]) {
            for (const auto& [other, right] : b[i]) {
                if (key == other) { out[i].push_back({key, {left, right}}); }
            }
            if (keepLeft && !hasKey(b[i], key)) { out[i].push_back({key, {left, {}}}); }
        }
        for (const auto& [key, right] : b[i]) {
            if (keepRight && !hasKey(a[i], key)) { out[i].push_back({key, {{}, right}}); }
        }
    }
    return out;
}

void check(const Join& join, bool keepLeft, bool keepRight)
{
    forAll([&](Random& random) {
        const auto a = randomStream<Pair>(random);
        const auto b = randomStream<Pair>(random);
        CHECK(
            bags(run(join, a, b)) == bags(joined(recordsOf(a), recordsOf(b), keepLeft, keepRight)));
    });
}
} // namespace

TEST_CASE("join is each with each of the same key", "[laws][join]")
{
    check(
        [](const Pairs& a, const Pairs& b) { return a | sluice::join(b) | widened; }, false, false);
}

TEST_CASE("leftOuterJoin also keeps what is on the left alone", "[laws][join]")
{
    check([](const Pairs& a, const Pairs& b) { return a | sluice::leftOuterJoin(b) | widened; },
        true, false);
}

TEST_CASE("rightOuterJoin also keeps what is on the right alone", "[laws][join]")
{
    check([](const Pairs& a, const Pairs& b) { return a | sluice::rightOuterJoin(b) | widened; },
        false, true);
}

TEST_CASE("fullOuterJoin also keeps what is on either side alone", "[laws][join]")
{
    check([](const Pairs& a, const Pairs& b) { return a | sluice::fullOuterJoin(b) | widened; },
        true, true);
}

TEST_CASE("cogroup is what each side has of each key", "[laws][cogroup]")
{
    using Sides = std::pair<std::vector<int>, std::vector<int>>;
    using Group = std::pair<int, Sides>;
    const auto sorted = [](sluice::Values<int> values) {
        std::vector<int> all(values.begin(), values.end());
        std::ranges::sort(all);
        return all;
    };
    const Any<Group, Pair, Pair> cogrouped = [&](const Pairs& a, const Pairs& b) {
        return a | sluice::cogroup(b) | map([sorted](const auto& record) {
            return Group{
                record.first, Sides{sorted(record.second.first), sorted(record.second.second)}};
        });
    };
    forAll([&](Random& random) {
        const auto a = randomStream<Pair>(random);
        const auto b = randomStream<Pair>(random);
        const auto left = recordsOf(a);
        const auto right = recordsOf(b);
        Batches<Group> expected(left.size());
        for (std::size_t i = 0; i < left.size(); ++i) {
            std::map<int, Sides> groups;
            for (const auto& [key, value] : left[i]) {
                groups[key].first.push_back(value);
            }
            for (const auto& [key, value] : right[i]) {
                groups[key].second.push_back(value);
            }
            for (auto& [key, sides] : groups) {
                std::ranges::sort(sides.first);
                std::ranges::sort(sides.second);
            }
            expected[i].assign(groups.begin(), groups.end());
        }
        CHECK(bags(run(cogrouped, a, b)) == expected);
    });
}
