// Each narrow operator by itself against the loop that a person would write:
// narrow/<operator>/<contender>, over 100,000 records. All contenders call the same function
// objects and add up what comes out.

#include "support/ops.hpp"
#include "support/random_records.hpp"

#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/flat_map_values.hpp>
#include <sluice/algebra/key_by.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/algebra/pairs.hpp>
#include <sluice/algebra/swap.hpp>
#include <sluice/algebra/tap.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/join.hpp>
#include <range/v3/view/map.hpp>
#include <range/v3/view/transform.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {
namespace rv = ::ranges::views;
using ops::Int;
using Pair = std::pair<Int, Int>;
using Ints = std::span<const Int>;
using Pairs = std::span<const Pair>;

constexpr auto lowBits = [](Int x) -> Int { return x & 1023; };
constexpr auto watch = [](Int x) { benchmark::DoNotOptimize(x); };
constexpr auto isOdd = [](Int x) -> bool { return (x & 1) != 0; };

Int weigh(Int x)
{
    return x;
}

Int weigh(const Pair& pair)
{
    return pair.first ^ pair.second;
}

class Sum {
public:
    void operator()(const auto& record) { sum_ += weigh(record); }
    Int finish() const { return sum_; }

private:
    Int sum_ = 0;
};

template <class T>
[[gnu::noinline]] Int fused(const auto& chain, std::span<const T> records)
{
    return sluice::detail::runFused(chain, Sum{}, records);
}

/// `body(sum, record)` for each record.
template <class T, class Body>
[[gnu::noinline]] Int looped(std::span<const T> records, Body body)
{
    Int sum = 0;
    for (const T& record : records) {
        body(sum, record);
    }
    return sum;
}

[[gnu::noinline]] Int sumOf(auto&& view)
{
    Int sum = 0;
    for (auto&& record : view) {
        sum += weigh(record);
    }
    return sum;
}

template <class T>
struct Case {
    const char* name;
    Int (*sluice)(std::span<const T>);
    Int (*hand)(std::span<const T>);
    Int (*rangev3)(std::span<const T>);
};

constexpr std::array overInts{
    Case<Int>{"map", [](Ints in) { return fused(sluice::map(ops::tripled), in); },
        [](Ints in) { return looped(in, [](Int& sum, Int x) { sum += ops::tripled(x); }); },
        [](Ints in) { return sumOf(in | rv::transform(ops::tripled)); }},
    Case<Int>{"filter", [](Ints in) { return fused(sluice::filter(isOdd), in); },
        [](Ints in) {
            return looped(in, [](Int& sum, Int x) {
                if (isOdd(x)) { sum += x; }
            });
        },
        [](Ints in) { return sumOf(in | rv::filter(isOdd)); }},
    Case<Int>{"flatMap", [](Ints in) { return fused(sluice::flatMap(ops::threeOf), in); },
        [](Ints in) {
            return looped(in, [](Int& sum, Int x) {
                for (const Int y : ops::threeOf(x)) {
                    sum += y;
                }
            });
        },
        [](Ints in) { return sumOf(in | rv::transform(ops::threeOf) | rv::join); }},
    Case<Int>{"keyBy", [](Ints in) { return fused(sluice::keyBy(lowBits), in); },
        [](Ints in) {
            return looped(in, [](Int& sum, Int x) { sum += weigh(Pair{lowBits(x), x}); });
        },
        [](Ints in) {
            return sumOf(in | rv::transform([](Int x) { return Pair{lowBits(x), x}; }));
        }},
    Case<Int>{"tap", [](Ints in) { return fused(sluice::tap(watch), in); },
        [](Ints in) {
            return looped(in, [](Int& sum, Int x) {
                watch(x);
                sum += x;
            });
        },
        [](Ints in) {
            return sumOf(in | rv::transform([](Int x) {
                watch(x);
                return x;
            }));
        }}};

constexpr std::array overPairs{
    Case<Pair>{"mapValues", [](Pairs in) { return fused(sluice::mapValues(ops::tripled), in); },
        [](Pairs in) {
            return looped(in, [](Int& sum, const Pair& pair) {
                sum += weigh(Pair{pair.first, ops::tripled(pair.second)});
            });
        },
        [](Pairs in) {
            return sumOf(in | rv::transform([](const Pair& pair) {
                return Pair{pair.first, ops::tripled(pair.second)};
            }));
        }},
    Case<Pair>{"flatMapValues",
        [](Pairs in) { return fused(sluice::flatMapValues(ops::threeOf), in); },
        [](Pairs in) {
            return looped(in, [](Int& sum, const Pair& pair) {
                for (const Int value : ops::threeOf(pair.second)) {
                    sum += weigh(Pair{pair.first, value});
                }
            });
        },
        [](Pairs in) {
            return sumOf(in | rv::transform([](const Pair& pair) {
                auto [a, b, c] = ops::threeOf(pair.second);
                return std::array{Pair{pair.first, a}, Pair{pair.first, b}, Pair{pair.first, c}};
            }) | rv::join);
        }},
    Case<Pair>{"keys", [](Pairs in) { return fused(sluice::keys, in); },
        [](Pairs in) { return looped(in, [](Int& sum, const Pair& pair) { sum += pair.first; }); },
        [](Pairs in) { return sumOf(in | rv::keys); }},
    Case<Pair>{"values", [](Pairs in) { return fused(sluice::values, in); },
        [](Pairs in) { return looped(in, [](Int& sum, const Pair& pair) { sum += pair.second; }); },
        [](Pairs in) { return sumOf(in | rv::values); }},
    Case<Pair>{"swap", [](Pairs in) { return fused(sluice::swap, in); },
        [](Pairs in) {
            return looped(in, [](Int& sum, const Pair& pair) {
                sum += weigh(Pair{pair.second, pair.first});
            });
        },
        [](Pairs in) {
            return sumOf(in | rv::transform([](const Pair& pair) {
                return Pair{pair.second, pair.first};
            }));
        }}};

constexpr std::size_t count = 100'000;

template <class T>
void enter(const std::string& name, Int (*contender)(std::span<const T>), Int expected,
    std::span<const T> records)
{
    benchmark::RegisterBenchmark(("narrow/" + name).c_str(), [=](benchmark::State& state) {
        auto in = records;
        Int sum = 0;
        for (auto _ : state) {
            benchmark::DoNotOptimize(in);
            sum = contender(in);
            benchmark::DoNotOptimize(sum);
        }
        if (sum != expected) { state.SkipWithError("not the sum of the loop by hand"); }
        state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(in.size()));
    });
}

template <class T>
void enterAll(const auto& cases, std::span<const T> records)
{
    for (const Case<T>& one : cases) {
        const std::string name{one.name};
        const Int expected = one.hand(records);
        enter(name + "/sluice", one.sluice, expected, records);
        enter(name + "/hand", one.hand, expected, records);
        enter(name + "/rangev3", one.rangev3, expected, records);
    }
}

[[maybe_unused]] const bool entered = [] {
    static const auto pairs = records::random(count, 1'000'000, 7);
    static const std::vector<Int> ints = [] {
        std::vector<Int> firsts;
        for (const Pair& pair : pairs) {
            firsts.push_back(pair.first);
        }
        return firsts;
    }();
    enterAll(overInts, Ints{ints});
    enterAll(overPairs, Pairs{pairs});
    return true;
}();
} // namespace
