#include <sluice/algebra/borrow.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

// Programs whose views point to memory that is gone, or changed, by the time a kept batch is read.
// They are to be right all the same; the address sanitizer tells when they are not.

using sluice::Batch, sluice::BatchQueue, sluice::cache, sluice::filter, sluice::flatMap,
    sluice::foreachBatch, sluice::map, sluice::mapValues, sluice::reduceByKey, sluice::words;
using sluice::testing::Batches, sluice::testing::TestEngine;

namespace {
constexpr int batchCount = 8;

/// Long enough to be on the heap, and another in each batch.
std::string longText(int number)
{
    return std::to_string(number) + std::string(40, 'x');
}

BatchQueue<int> numbers()
{
    BatchQueue<int> queue;
    for (int i = 0; i < batchCount; ++i) {
        queue.pushPartitions(std::vector<std::vector<int>>{{3 * i, 3 * i + 1}, {3 * i + 2}});
    }
    return queue;
}

/// Keeps the last three batches as they are and, at each new one and when the engine is gone, reads
/// them all into `seen`.
template <class T>
class LastThree {
public:
    void operator()(const Batch<T>& batch)
    {
        kept_.push_back(batch);
        if (kept_.size() > 3) { kept_.pop_front(); }
        read();
    }

    template <class Text>
    std::vector<std::vector<std::string>> texts(Text text)
    {
        std::vector<std::vector<std::string>> all;
        for (const auto& batch : kept_) {
            all.emplace_back();
            for (const auto& record : batch) {
                all.back().push_back(std::string{text(record)});
            }
            std::ranges::sort(all.back());
        }
        return all;
    }

private:
    void read()
    {
        for (const auto& batch : kept_) {
            if (!std::ranges::all_of(batch, [](const T& record) { return record == T{record}; })) {
                throw std::logic_error{"a kept record does not equal itself"};
            }
        }
    }

    std::deque<Batch<T>> kept_;
};

std::vector<std::vector<std::string>> lastThreeOf(const auto& expected)
{
    std::vector<std::vector<std::string>> all;
    for (int i = batchCount - 3; i < batchCount; ++i) {
        all.emplace_back();
        for (int n = 3 * i; n < 3 * i + 3; ++n) {
            for (auto& text : expected(n)) {
                all.back().push_back(std::move(text));
            }
        }
        std::ranges::sort(all.back());
    }
    return all;
}

/// The texts of the last three batches that `pipeline` made, kept and read when everything else is
/// gone.
template <class Pipeline, class Text>
auto keptOf(const Pipeline& pipeline, Text text)
{
    using T = typename Pipeline::template Output<int>;
    const auto kept = std::make_shared<LastThree<T>>();
    {
        TestEngine engine{{.parallelism = 2}};
        sluice::queueStream(engine.runtime(), numbers()) | pipeline |
            foreachBatch([kept](const Batch<T>& batch) { (*kept)(batch); });
        engine.runtime().start();
        engine.executor().run();
        for (int i = 0; i < batchCount; ++i) {
            engine.nextBatch();
        }
        engine.stop(sluice::Stop::now);
        engine.runtime().awaitTermination(); // rethrows what went wrong
    }
    return kept->texts(text);
}

constexpr auto itself = [](std::string_view text) { return text; };
constexpr auto keyOf = [](const auto& pair) { return pair.first; };
constexpr auto withOne = [](std::string_view text) { return std::pair{text, 1L}; };

/// Sends the texts of a narrow pipeline through every way of keeping them.
template <class Texts, class Expected>
void checkKept(const Texts& texts, Expected expected)
{
    const auto last = lastThreeOf(expected);
    CHECK(keptOf(texts, itself) == last);
    CHECK(keptOf(texts | cache(), itself) == last);
    CHECK(keptOf(texts | cache() | map(itself), itself) == last);
    CHECK(keptOf(texts | cache() | filter([](std::string_view) { return true; }) | cache(),
              itself) == last);
    CHECK(keptOf(texts | map(withOne) | reduceByKey(std::plus{}), keyOf) == last);
    CHECK(keptOf(texts | cache() | map(withOne) | reduceByKey(std::plus{}), keyOf) == last);
    CHECK(keptOf(texts | map(withOne) | reduceByKey(std::plus{}) | cache() |
                     filter([](const auto&) { return true; }),
              keyOf) == last);
}

std::vector<std::string> oneText(int n)
{
    return {longText(n)};
}

struct Named {
    std::string_view name;
    int number;
    bool operator==(const Named&) const = default;
};
struct Nested {
    Named named;
    std::optional<std::string_view> other;
    bool operator==(const Nested&) const = default;
};
} // namespace

TEST_CASE("a view of the function's own captured table may be kept", "[dstream][dangling]")
{
    std::map<int, std::string> table;
    for (int n = 0; n < 3 * batchCount; ++n) {
        table.emplace(n, longText(n));
    }
    checkKept(map([table](int n) -> std::string_view { return table.at(n); }), oneText);
}

TEST_CASE("a view of a buffer that a mutable function reuses may be kept", "[dstream][dangling]")
{
    checkKept(map([buffer = std::string{}](int n) mutable -> std::string_view {
        buffer = longText(n);
        return buffer;
    }),
        oneText);
}

TEST_CASE("views that flatMap made over an owning range may be kept", "[dstream][dangling]")
{
    checkKept(flatMap([](int n) {
        return std::views::transform(std::vector{longText(n), longText(n) + "b"},
            [](const std::string& text) { return std::string_view{text}; });
    }),
        [](int n) {
            return std::vector{longText(n), longText(n) + "b"};
        });
}

TEST_CASE("a view of a thread_local scratch buffer may be kept", "[dstream][dangling]")
{
    checkKept(map([](int n) -> std::string_view {
        static thread_local std::string scratch;
        scratch = longText(n);
        return scratch;
    }),
        oneText);
}

TEST_CASE("words of a buffer that is reused may be kept", "[dstream][dangling]")
{
    const auto twoWords = map([buffer = std::string{}](int n) mutable -> const std::string& {
        buffer = longText(n) + " " + longText(n) + "b";
        return buffer;
    });
    checkKept(twoWords | flatMap(words), [](int n) {
        return std::vector{longText(n), longText(n) + "b"};
    });
    checkKept(map([](int n) { return longText(n) + " " + std::to_string(n); }) | flatMap(words),
        [](int n) {
            return std::vector{longText(n), std::to_string(n)};
        });
}

TEST_CASE("a member of a record that dies with the call may be kept", "[dstream][dangling]")
{
    checkKept(map([](int n) {
        return std::pair{longText(n), n};
    }) | map(&std::pair<std::string, int>::first) |
                  map([](const std::string& text) { return std::string_view{text}; }),
        oneText);
    checkKept(map([](int n) {
        return std::pair{longText(n), n};
    }) | map(sluice::borrows([](const auto& pair) { return std::string_view{pair.first}; })),
        oneText);
}

TEST_CASE("views inside pairs, tuples, optionals, arrays and aggregates may be kept",
    "[dstream][dangling]")
{
    auto scratch = [buffer = std::string{}](int n) mutable -> std::string_view {
        buffer = longText(n);
        return buffer;
    };
    const auto last = lastThreeOf(oneText);
    const auto check = [&](const auto& records, const auto& text) {
        CHECK(keptOf(records, text) == last);
        CHECK(keptOf(records | cache(), text) == last);
        CHECK(keptOf(records | cache() | filter([](const auto&) { return true; }), text) == last);
    };
    check(map([scratch](int n) mutable {
        return std::pair{n, scratch(n)};
    }),
        [](const auto& pair) { return pair.second; });
    check(map([scratch](int n) mutable {
        return std::tuple{n, std::string{"a"}, scratch(n)};
    }),
        [](const auto& tuple) { return std::get<2>(tuple); });
    check(map([scratch](int n) mutable { return std::optional{scratch(n)}; }),
        [](const auto& optional) { return optional.value(); });
    check(map([scratch](int n) mutable {
        return std::array{std::string_view{}, scratch(n)};
    }),
        [](const auto& array) { return array[1]; });
    check(map([scratch](int n) mutable {
        return Named{scratch(n), n};
    }),
        [](const Named& named) { return named.name; });
    check(map([scratch](int n) mutable {
        const auto text = scratch(n);
        return Nested{{text, n}, text};
    }),
        [](const Nested& nested) {
            return nested.other == nested.named.name ? *nested.other : std::string_view{"differ"};
        });
    check(map([](int n) {
        return std::pair{n, longText(n)};
    }) | mapValues([](const std::string& text) { return std::string_view{text}; }),
        [](const auto& pair) { return pair.second; });
}

TEST_CASE("an optional without value and an empty view are kept as they are", "[dstream][dangling]")
{
    using Maybe = std::optional<std::string_view>;
    const auto out = sluice::testing::runBatches(Batches<int>{{1, 2, 3}}, map([](int n) {
        return n == 1 ? Maybe{} : n == 2 ? Maybe{""} : Maybe{"text"};
    }) | cache());
    CHECK(out.batches == Batches<Maybe>{{Maybe{}, Maybe{""}, Maybe{"text"}}});
}

TEST_CASE("words of the source's own records borrow from it, through any number of caches",
    "[dstream][dangling]")
{
    std::vector<Batch<std::string_view>> kept;
    const char* from = nullptr;
    {
        TestEngine engine{{}};
        BatchQueue<std::string> queue;
        queue.push({longText(1) + " " + longText(2)});
        const auto lines = sluice::queueStream(engine.runtime(), queue);
        lines | foreachBatch([&](const auto& batch) { from = batch.begin()->data(); });
        lines | flatMap(words) | cache() | filter([](std::string_view) { return true; }) | cache() |
            foreachBatch([&](const auto& batch) { kept.push_back(batch); });
        engine.runtime().start();
        engine.executor().run();
        engine.nextBatch();
    }
    REQUIRE(kept.size() == 1);
    CHECK(std::ranges::equal(kept[0], std::array{longText(1), longText(2)}));
    CHECK(kept[0].begin()->data() == from); // not a byte was copied
}
