// Each boundary and wide operator by itself, a batch of 100,000 pairs of integers in four
// partitions on an engine without threads, against the loop that a person would write:
// boundaries/<operator>/<contender>. Both add up what comes out.
//
// hand: with the library's hash in boost::unordered_flat_map where a table is needed.

#include "support/random_records.hpp"

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/glom.hpp>
#include <sluice/dstream/map_partitions.hpp>
#include <sluice/dstream/shuffle/cogroup.hpp>
#include <sluice/dstream/shuffle/combine_by_key.hpp>
#include <sluice/dstream/shuffle/count.hpp>
#include <sluice/dstream/shuffle/count_by_value.hpp>
#include <sluice/dstream/shuffle/distinct.hpp>
#include <sluice/dstream/shuffle/group_by_key.hpp>
#include <sluice/dstream/shuffle/join.hpp>
#include <sluice/dstream/shuffle/reduce.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/dstream/shuffle/repartition.hpp>
#include <sluice/dstream/take.hpp>
#include <sluice/dstream/transform.hpp>
#include <sluice/dstream/transform_with.hpp>
#include <sluice/dstream/union.hpp>
#include <sluice/input/pull_stream.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/partition/hash.hpp>
#include <sluice/testing/run_batches.hpp>

#include <benchmark/benchmark.h>
#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {
using Int = std::int64_t;
using Pair = std::pair<Int, Int>;
using Pairs = std::vector<Pair>;
using Stream = sluice::DStream<Pair>;

constexpr std::size_t count = 100'000;
constexpr std::size_t parts = 4;
constexpr std::size_t keys = 20'000;

// What records of any kind weigh in the sums; the order of records must not matter.
Int weigh(Int x)
{
    return x;
}
template <class A, class B>
Int weigh(const std::pair<A, B>& pair);
Int weigh(const std::optional<Int>& value)
{
    return value ? *value : -1;
}
Int weigh(const std::ranges::range auto& records)
{
    Int sum = 0;
    for (const auto& record : records) {
        sum += weigh(record);
    }
    return sum;
}
template <class A, class B>
Int weigh(const std::pair<A, B>& pair)
{
    return 31 * weigh(pair.first) + weigh(pair.second);
}

/// The output of every case.
struct AddUp {
    Int* sum;
    void operator()(const auto& batch) const { *sum = weigh(batch.partitions()); }
};

constexpr auto tripled = [](const Pair& pair) { return Pair{pair.first, pair.second * 3}; };
constexpr auto isOdd = [](const Pair& pair) { return pair.second % 2 != 0; };
constexpr auto larger = [](const Pair& a, const Pair& b) { return std::max(a, b); };
constexpr auto sums = [](const auto& records) {
    std::vector<Int> made;
    for (const Pair& record : records) {
        made.push_back(record.first + record.second);
    }
    return made;
};
constexpr auto sumsOfBoth = [](const auto& lefts, const auto& rights) {
    std::vector<Int> made;
    auto right = rights.begin();
    for (const Pair& left : lefts) {
        made.push_back(left.first + (*right).second);
        ++right;
    }
    return made;
};
constexpr auto itself = [](Int value) { return Pair{1, value}; };
constexpr auto oneMore = [](Pair made, Int value) {
    return Pair{made.first + 1, made.second + value};
};
constexpr auto added = [](Pair a, const Pair& b) {
    return Pair{a.first + b.first, a.second + b.second};
};

template <class Key, class Value>
using Table = boost::unordered_flat_map<Key, Value, sluice::detail::Hasher<Key>>;
using Groups = Table<Int, std::vector<Int>>;

template <class Value>
Table<Int, Value> folded(const Pairs& in, auto fold)
{
    Table<Int, Value> table;
    for (const auto& [key, value] : in) {
        fold(table[key], value);
    }
    return table;
}

Groups grouped(const Pairs& in)
{
    return folded<std::vector<Int>>(
        in, [](std::vector<Int>& values, Int value) { values.push_back(value); });
}

Table<Pair, Int> counted(const Pairs& in)
{
    Table<Pair, Int> table;
    for (const Pair& pair : in) {
        ++table[pair];
    }
    return table;
}

/// A join by hand: a table of the left side, through which the right one runs.
Int joined(const Pairs& a, const Pairs& b, bool allOfA, bool allOfB)
{
    const auto left = grouped(a);
    const auto right = grouped(b);
    Int sum = 0;
    const auto weighed = [&](Int key, const auto& x, const auto& y) {
        sum += 31 * key + 31 * weigh(x) + weigh(y);
    };
    for (const auto& [key, values] : left) {
        const auto found = right.find(key);
        for (const Int value : values) {
            if (found != right.end()) {
                for (const Int other : found->second) {
                    weighed(key, value, other);
                }
            } else if (allOfA) {
                weighed(key, value, std::optional<Int>{});
            }
        }
    }
    for (const auto& [key, values] : right) {
        if (!allOfB || left.contains(key)) { continue; }
        for (const Int value : values) {
            weighed(key, std::optional<Int>{}, value);
        }
    }
    return sum;
}

Pairs copied(std::span<const Pair> in, auto function)
{
    Pairs made;
    made.reserve(in.size());
    for (const Pair& pair : in) {
        made.push_back(function(pair));
    }
    return made;
}

struct Case {
    const char* name;
    void (*sluice)(const Stream& a, const Stream& b, AddUp sum);
    Int (*hand)(const Pairs& a, const Pairs& b);
};

constexpr auto asItIs = [](const Pair& pair) { return pair; };

#define SLUICE_CASE(pipeline)                                                                      \
    [](const Stream& a, [[maybe_unused]] const Stream& b, AddUp sum) {                             \
        pipeline | ::sluice::foreachBatch(sum);                                                    \
    }
#define HAND_CASE(expression)                                                                      \
    [](const Pairs& a, [[maybe_unused]] const Pairs& b) -> Int { return expression; }

constexpr std::array cases{
    Case{"cache", SLUICE_CASE(a | sluice::map(tripled) | sluice::cache()),
        HAND_CASE(weigh(copied(a, tripled)))},
    Case{"union_", SLUICE_CASE(a | sluice::union_(b)), HAND_CASE(weigh(a) + weigh(b))},
    Case{"glom", SLUICE_CASE(a | sluice::glom()), HAND_CASE(weigh(copied(a, asItIs)))},
    Case{"mapPartitions", SLUICE_CASE(a | sluice::mapPartitions(sums)), HAND_CASE(weigh(sums(a)))},
    Case{"take", SLUICE_CASE(a | sluice::map(tripled) | sluice::take(count / 10)),
        HAND_CASE(weigh(copied(std::span{a}.first(count / 10), tripled)))},
    Case{"transform", SLUICE_CASE(a | sluice::transform(sums)), HAND_CASE(weigh(sums(a)))},
    Case{"transformWith", SLUICE_CASE(a | sluice::transformWith(b, sumsOfBoth)),
        HAND_CASE(weigh(sumsOfBoth(a, b)))},
    Case{"repartition", SLUICE_CASE(a | sluice::repartition(parts - 1)),
        HAND_CASE(weigh(copied(a, asItIs)))},
    Case{"distinct", SLUICE_CASE(a | sluice::distinct()),
        [](const Pairs& a, const Pairs&) {
            Int sum = 0;
            for (const auto& [pair, times] : counted(a)) {
                sum += weigh(pair);
            }
            return sum;
        }},
    Case{"countByValue", SLUICE_CASE(a | sluice::countByValue()), HAND_CASE(weigh(counted(a)))},
    Case{"reduceByKey", SLUICE_CASE(a | sluice::reduceByKey(std::plus<Int>{})),
        HAND_CASE(weigh(folded<Int>(a, [](Int& sum, Int value) { sum += value; })))},
    Case{"combineByKey", SLUICE_CASE(a | sluice::combineByKey(itself, oneMore, added)),
        HAND_CASE(
            weigh(folded<Pair>(a, [](Pair& made, Int value) { made = oneMore(made, value); })))},
    Case{"groupByKey", SLUICE_CASE(a | sluice::groupByKey()), HAND_CASE(weigh(grouped(a)))},
    Case{"cogroup", SLUICE_CASE(a | sluice::cogroup(b)),
        [](const Pairs& a, const Pairs& b) {
            Table<Int, std::pair<std::vector<Int>, std::vector<Int>>> table;
            for (const auto& [key, value] : a) {
                table[key].first.push_back(value);
            }
            for (const auto& [key, value] : b) {
                table[key].second.push_back(value);
            }
            return weigh(table);
        }},
    Case{"join", SLUICE_CASE(a | sluice::join(b)), HAND_CASE(joined(a, b, false, false))},
    Case{"leftOuterJoin", SLUICE_CASE(a | sluice::leftOuterJoin(b)),
        HAND_CASE(joined(a, b, true, false))},
    Case{"rightOuterJoin", SLUICE_CASE(a | sluice::rightOuterJoin(b)),
        HAND_CASE(joined(a, b, false, true))},
    Case{"fullOuterJoin", SLUICE_CASE(a | sluice::fullOuterJoin(b)),
        HAND_CASE(joined(a, b, true, true))},
    Case{"reduce", SLUICE_CASE(a | sluice::reduce(larger)),
        HAND_CASE(weigh(std::accumulate(a.begin() + 1, a.end(), a.front(), larger)))},
    Case{"count", SLUICE_CASE(a | sluice::filter(isOdd) | sluice::count()),
        HAND_CASE(std::count_if(a.begin(), a.end(), isOdd))},
};

/// Gives the same partitions for each batch, without a copy.
class Repeated {
public:
    explicit Repeated(const Pairs& records)
    {
        for (std::size_t i = 0; i < parts; ++i) {
            const auto from = records.begin() + static_cast<std::ptrdiff_t>(i * each);
            partitions_.push_back(sluice::makePartition(Pairs(from, from + each)));
        }
    }

    std::vector<std::uint64_t> latest()
    {
        end_ += each;
        return std::vector<std::uint64_t>(parts, end_);
    }
    sluice::Partition<Pair> read(const sluice::OffsetRange& range) const
    {
        return partitions_[range.partition];
    }
    void acknowledge(const sluice::OffsetRange&) const {}

private:
    static constexpr std::size_t each = count / parts;
    std::vector<sluice::Partition<Pair>> partitions_;
    std::uint64_t end_ = 0;
};

struct Input {
    Pairs a = records::random(count, keys, 1);
    Pairs b = records::random(count, keys, 2);
};

const Input& input()
{
    static const Input both;
    return both;
}

void report(benchmark::State& state, const Case& one, Int sum)
{
    if (sum != one.hand(input().a, input().b)) {
        state.SkipWithError("not the sum of the loop by hand");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<Int>(count));
}

void runSluice(benchmark::State& state, const Case& one)
{
    sluice::Options options;
    options.backpressure.enabled = false;
    sluice::testing::TestEngine engine{options};
    auto& context = engine.runtime();
    Int sum = 0;
    one.sluice(sluice::pullStream(context, Repeated{input().a}),
        sluice::pullStream(context, Repeated{input().b}, {.name = "other"}), AddUp{&sum});
    context.start();
    engine.executor().run();
    engine.nextBatch();
    for (auto _ : state) {
        engine.nextBatch();
    }
    report(state, one, sum);
}

void runHand(benchmark::State& state, const Case& one)
{
    Int sum = 0;
    for (auto _ : state) {
        sum = one.hand(input().a, input().b);
        benchmark::DoNotOptimize(sum);
    }
    report(state, one, sum);
}

[[maybe_unused]] const bool entered = [] {
    const auto enter = [](const std::string& name, auto run, const Case& one) {
        benchmark::RegisterBenchmark(("boundaries/" + name).c_str(), run, one)
            ->Unit(benchmark::kMicrosecond);
    };
    for (const Case& one : cases) {
        enter(std::string{one.name} + "/sluice", &runSluice, one);
        enter(std::string{one.name} + "/hand", &runHand, one);
    }
    return true;
}();
} // namespace
