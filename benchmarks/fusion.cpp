// A fused chain against the loop that a person would write: fusion/<case>/<contender>/<records>.
//
// All contenders call the same function objects on the same unpredictable values, each in a
// function that is not inlined. `unfused` materialises a vector at every operator.

#include "support/ops.hpp"

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/join.hpp>
#include <range/v3/view/transform.hpp>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {
using ops::Int;
using Records = std::span<const Int>;

/// A terminal as stages have them: its state is held by value and leaves at the end.
class Sum {
public:
    void operator()(Int x) { sum_ += x; }
    Int finish() { return sum_; }

private:
    Int sum_ = 0;
};

Int sumOf(auto&& values)
{
    Int sum = 0;
    for (Int x : values) {
        sum += x;
    }
    return sum;
}

std::vector<Int> mapped(Records in, auto function)
{
    std::vector<Int> out;
    out.reserve(in.size());
    for (Int x : in) {
        out.push_back(function(x));
    }
    return out;
}

std::vector<Int> filtered(Records in, auto predicate)
{
    std::vector<Int> out;
    for (Int x : in) {
        if (predicate(x)) { out.push_back(x); }
    }
    return out;
}

std::vector<Int> flatMapped(Records in, auto function)
{
    std::vector<Int> out;
    for (Int x : in) {
        for (Int y : function(x)) {
            out.push_back(y);
        }
    }
    return out;
}

namespace c1 {
[[gnu::noinline]] Int hand(Records records)
{
    Int sum = 0;
    for (Int x : records) {
        Int y = ops::tripled(x);
        if (ops::notTwoOfSix(y)) { sum += ops::halved(y); }
    }
    return sum;
}

[[gnu::noinline]] Int sluice(Records records)
{
    auto chain = ::sluice::map(ops::tripled) | ::sluice::filter(ops::notTwoOfSix) |
                 ::sluice::map(ops::halved);
    return ::sluice::detail::runFused(chain, Sum{}, records);
}

[[gnu::noinline]] Int rangev3(Records records)
{
    namespace rv = ::ranges::views;
    return sumOf(records | rv::transform(ops::tripled) | rv::filter(ops::notTwoOfSix) |
                 rv::transform(ops::halved));
}

[[gnu::noinline]] Int stdviews(Records records)
{
    namespace sv = std::views;
    return sumOf(records | sv::transform(ops::tripled) | sv::filter(ops::notTwoOfSix) |
                 sv::transform(ops::halved));
}

[[gnu::noinline]] Int unfused(Records records)
{
    return sumOf(mapped(filtered(mapped(records, ops::tripled), ops::notTwoOfSix), ops::halved));
}
} // namespace c1

namespace c2 {
[[gnu::noinline]] Int hand(Records records)
{
    Int sum = 0;
    for (Int x : records) {
        x = ops::plusSeven(x);
        if (!ops::bits0(x)) { continue; }
        x = ops::timesFive(x);
        if (!ops::bits4(x)) { continue; }
        x = ops::flipped(x);
        if (!ops::bits8(x)) { continue; }
        x = ops::minusThree(x);
        if (!ops::bits12(x)) { continue; }
        x = ops::halvedAgain(x);
        if (!ops::bits16(x)) { continue; }
        sum += x;
    }
    return sum;
}

[[gnu::noinline]] Int sluice(Records records)
{
    using ::sluice::filter, ::sluice::map;
    auto chain = map(ops::plusSeven) | filter(ops::bits0) | map(ops::timesFive) |
                 filter(ops::bits4) | map(ops::flipped) | filter(ops::bits8) |
                 map(ops::minusThree) | filter(ops::bits12) | map(ops::halvedAgain) |
                 filter(ops::bits16);
    return ::sluice::detail::runFused(chain, Sum{}, records);
}

[[gnu::noinline]] Int rangev3(Records records)
{
    using ::ranges::views::filter, ::ranges::views::transform;
    return sumOf(records | transform(ops::plusSeven) | filter(ops::bits0) |
                 transform(ops::timesFive) | filter(ops::bits4) | transform(ops::flipped) |
                 filter(ops::bits8) | transform(ops::minusThree) | filter(ops::bits12) |
                 transform(ops::halvedAgain) | filter(ops::bits16));
}

[[gnu::noinline]] Int stdviews(Records records)
{
    using std::views::filter, std::views::transform;
    return sumOf(records | transform(ops::plusSeven) | filter(ops::bits0) |
                 transform(ops::timesFive) | filter(ops::bits4) | transform(ops::flipped) |
                 filter(ops::bits8) | transform(ops::minusThree) | filter(ops::bits12) |
                 transform(ops::halvedAgain) | filter(ops::bits16));
}

[[gnu::noinline]] Int unfused(Records records)
{
    auto v = filtered(mapped(records, ops::plusSeven), ops::bits0);
    v = filtered(mapped(v, ops::timesFive), ops::bits4);
    v = filtered(mapped(v, ops::flipped), ops::bits8);
    v = filtered(mapped(v, ops::minusThree), ops::bits12);
    v = filtered(mapped(v, ops::halvedAgain), ops::bits16);
    return sumOf(v);
}
} // namespace c2

namespace c3 {
[[gnu::noinline]] Int hand(Records records)
{
    Int sum = 0;
    for (Int x : records) {
        // Written out: GCC keeps a branch in the inner loop otherwise.
        auto [a, b, c] = ops::threeOf(x);
        if (ops::notOneOfThree(a)) { sum += a; }
        if (ops::notOneOfThree(b)) { sum += b; }
        if (ops::notOneOfThree(c)) { sum += c; }
    }
    return sum;
}

[[gnu::noinline]] Int sluice(Records records)
{
    auto chain = ::sluice::flatMap(ops::threeOf) | ::sluice::filter(ops::notOneOfThree);
    return ::sluice::detail::runFused(chain, Sum{}, records);
}

[[gnu::noinline]] Int rangev3(Records records)
{
    namespace rv = ::ranges::views;
    return sumOf(records | rv::transform(ops::threeOf) | rv::join | rv::filter(ops::notOneOfThree));
}

[[gnu::noinline]] Int stdviews(Records records)
{
    namespace sv = std::views;
#if defined(__clang__) && __clang_major__ < 17
    // The join of temporaries in libstdc++ needs an aggregate deduction that this Clang does not
    // know.
    std::array<Int, 3> three{};
    auto threeOf = [&three](Int x) -> auto& { return three = ops::threeOf(x); };
#else
    auto threeOf = ops::threeOf;
#endif
    return sumOf(records | sv::transform(threeOf) | sv::join | sv::filter(ops::notOneOfThree));
}

[[gnu::noinline]] Int unfused(Records records)
{
    return sumOf(filtered(flatMapped(records, ops::threeOf), ops::notOneOfThree));
}
} // namespace c3

/// The same values for all contenders: 32 random bits, so that no sum overflows.
const std::vector<Int>& values(std::size_t n)
{
    static const std::vector<Int> all = [] {
        std::mt19937_64 random{20240607};
        std::vector<Int> made(10'000'000);
        for (Int& x : made) {
            x = static_cast<Int>(random() >> 32U);
        }
        return made;
    }();
    static const std::vector<Int> few(all.begin(), all.begin() + 100'000);
    return n == few.size() ? few : all;
}

void add(const std::string& name, Int (*contender)(Records))
{
    for (std::int64_t n : {100'000, 10'000'000}) {
        benchmark::RegisterBenchmark(("fusion/" + name).c_str(), [contender](
                                                                     benchmark::State& state) {
            Records records = values(static_cast<std::size_t>(state.range(0)));
            for (auto _ : state) {
                benchmark::DoNotOptimize(records);
                benchmark::DoNotOptimize(contender(records));
            }
            state.SetItemsProcessed(state.iterations() * state.range(0));
        })->Arg(n);
    }
}

[[maybe_unused]] const bool added = [] {
#define CASE(c)                                                                                    \
    add(#c "/hand", c::hand);                                                                      \
    add(#c "/sluice", c::sluice);                                                                  \
    add(#c "/rangev3", c::rangev3);                                                                \
    add(#c "/stdviews", c::stdviews);                                                              \
    add(#c "/unfused", c::unfused)
    CASE(c1);
    CASE(c2);
    CASE(c3);
#undef CASE
    return true;
}();
} // namespace
