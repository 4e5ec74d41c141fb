#include <sluice/dstream/transform_with.hpp>

#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Accepts, sluice::Batch, sluice::BatchQueue, sluice::DStream, sluice::map,
    sluice::Time, sluice::transformWith;
using sluice::testing::Batches, sluice::testing::TestEngine;

namespace {
using Ints = Batch<int>;
using Texts = Batch<std::string>;

constexpr auto both = [](const Ints& ints, const Texts& texts) {
    return std::array{std::pair{ints.size(), texts.size()}};
};

// What transformWith takes and what it refuses, settled while compiling.
using Both = decltype(transformWith(std::declval<DStream<std::string>>(), both));
static_assert(Accepts<Both, int>);
static_assert(!Accepts<Both, std::string>);
static_assert(!Accepts<decltype(transformWith(std::declval<DStream<int>>(), both)), int>);

/// The batches of what `function` makes of a stream of ints and one of texts.
template <class F>
auto runTwo(const Batches<int>& ints, const Batches<std::string>& texts, F function,
    unsigned maxTaskFailures = 1)
{
    TestEngine engine{{.maxTaskFailures = maxTaskFailures}};
    BatchQueue<int> first;
    BatchQueue<std::string> second;
    for (std::size_t i = 0; i < ints.size(); ++i) {
        first.push(ints[i]);
        second.push(texts[i]);
    }
    const auto made = sluice::queueStream(engine.runtime(), first) |
                      transformWith(sluice::queueStream(engine.runtime(), second), function);
    using U = typename decltype(made)::Record;
    Batches<U> out;
    made | sluice::foreachBatch(
               [&](const Batch<U>& batch) { out.emplace_back(batch.begin(), batch.end()); });
    engine.runtime().start();
    engine.executor().run();
    for (std::size_t i = 0; i < ints.size(); ++i) {
        engine.nextBatch();
    }
    engine.stop(sluice::Stop::now);
    engine.runtime().awaitTermination(); // rethrows what went wrong
    return out;
}
} // namespace

TEST_CASE("transformWith shows its function both batches of one interval, empty ones too",
    "[dstream][transformWith]")
{
    const auto sizes = runTwo({{1, 2}, {}, {3}}, {{"a"}, {}, {}}, both);
    CHECK(sizes == Batches<std::pair<std::size_t, std::size_t>>{{{2, 1}}, {{0, 0}}, {{1, 0}}});
    const auto timed = [](const Ints&, const Texts&, Time time) {
        return std::array{time.time_since_epoch().count()};
    };
    CHECK(runTwo({{}, {}}, {{}, {}}, timed) == Batches<std::int64_t>{{1000}, {2000}});
}

TEST_CASE("transformWith joins a stream with another one", "[dstream][transformWith]")
{
    // [example]
    const auto named = [](const Batch<int>& ids, const Batch<std::string>& names) {
        std::vector<std::string> found;
        const std::vector<std::string> all(names.begin(), names.end());
        for (const int id : ids) {
            found.push_back(all.at(static_cast<std::size_t>(id)));
        }
        return found;
    };
    CHECK(runTwo({{1, 0, 1}}, {{"a", "b"}}, named) == Batches<std::string>{{"b", "a", "b"}});
    // [example]
}

TEST_CASE("transformWith takes open chains, and a batch over as it is", "[dstream][transformWith]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    const auto in = random.numbers();
    TestEngine engine{{}};
    const auto ints = sluice::queueStream(engine.runtime(), BatchQueue<int>{in});
    const auto negative = ints | map([](int x) { return -x; });
    std::vector<int> seen;
    ints | sluice::filter([](int) { return false; }) |
        transformWith(negative, [](const Ints&, const Ints& other) { return other; }) |
        map([](int x) { return -x; }) |
        sluice::foreachBatch([&](const Ints& batch) { seen.assign(batch.begin(), batch.end()); });
    engine.runtime().start();
    engine.executor().run();
    engine.nextBatch();
    CHECK(seen == in);
}

TEST_CASE("transformWith shows its function the batches of any number of streams",
    "[dstream][transformWith]")
{
    TestEngine engine{{}};
    const auto ints = sluice::queueStream(engine.runtime(), BatchQueue<int>{{1, 2}, {}});
    const auto texts = sluice::queueStream(engine.runtime(), BatchQueue<std::string>{{"a"}});
    const auto open = ints | map([](int x) { return x + 0.5; });
    using Sizes = std::array<std::size_t, 4>;
    const auto sizes = [](const Ints& a, const Texts& b, const Batch<double>& c, const Ints& d) {
        return std::vector<Sizes>{{a.size(), b.size(), c.size(), d.size()}};
    };
    const auto timed = [](const Ints& a, const Texts&, const Batch<double>& c, Time time) {
        return std::array{*c.begin() + static_cast<double>(a.size()) +
                          static_cast<double>(time.time_since_epoch().count())};
    };
    std::vector<Sizes> seen;
    std::vector<double> sums;
    const auto see = sluice::foreachBatch(
        [&seen](const auto& batch) { seen.insert(seen.end(), batch.begin(), batch.end()); });
    ints | transformWith(texts, open, ints, sizes) | see;
    sluice::transform(ints, texts, open, ints, sizes) | see;
    sluice::transform(ints, texts, open, timed) |
        sluice::foreachBatch([&sums](const auto& batch) { sums.push_back(*batch.begin()); });
    engine.runtime().start();
    engine.executor().run();
    engine.nextBatch();
    CHECK(seen == std::vector<Sizes>{{2, 1, 2, 2}, {2, 1, 2, 2}});
    CHECK(sums == std::vector{1003.5});
}

TEST_CASE("transform of streams is transformWith of the first", "[dstream][transformWith]")
{
    TestEngine engine{{}};
    const auto ints = sluice::queueStream(engine.runtime(), BatchQueue<int>{{1, 2}, {}, {3}});
    const auto negative = ints | map([](int x) { return -x; });
    // [transform]
    const auto joined = sluice::transform(ints, negative, [](const Ints& a, const Ints& b) {
        std::vector<int> all(a.begin(), a.end());
        all.insert(all.end(), b.begin(), b.end());
        return all;
    });
    // [transform]
    Batches<int> out;
    joined | sluice::foreachBatch(
                 [&](const Ints& batch) { out.emplace_back(batch.begin(), batch.end()); });
    engine.runtime().start();
    engine.executor().run();
    for (int i = 0; i < 3; ++i) {
        engine.nextBatch();
    }
    CHECK(out == Batches<int>{{1, 2, -1, -2}, {}, {3, -3}});
}

TEST_CASE("views that transformWith makes of either batch stay good",
    "[dstream][transformWith][dangling]")
{
    const std::string longText(40, 'x');
    const auto viewed = [](const Ints& ints, const Texts& texts) {
        std::map<std::string_view, std::size_t> sizes;
        for (const std::string& text : texts) {
            sizes.emplace(text, ints.size());
        }
        return std::vector<std::pair<std::string_view, std::size_t>>(sizes.begin(), sizes.end());
    };
    const auto check = [&](const auto& function) {
        TestEngine engine{{}};
        std::vector<Batch<std::pair<std::string_view, std::size_t>>> kept;
        {
            const auto ints = sluice::queueStream(engine.runtime(), BatchQueue<int>{{1}});
            const auto texts =
                sluice::queueStream(engine.runtime(), BatchQueue<std::string>{{longText}});
            ints | transformWith(texts, function) |
                sluice::foreachBatch([&](const auto& batch) { kept.push_back(batch); });
        }
        engine.runtime().start();
        engine.executor().run();
        engine.nextBatch();
        engine.nextBatch();
        REQUIRE(kept.size() == 2);
        CHECK(kept[0].begin()->first == longText);
        CHECK(kept[1].empty());
    };
    check(viewed);
    check(sluice::borrows(viewed));
}

TEST_CASE("transformWith refuses a stream of another context", "[dstream][transformWith][errors]")
{
    TestEngine one{{}};
    TestEngine other{{}};
    const auto a = sluice::queueStream(one.runtime(), BatchQueue<int>{});
    const auto b = sluice::queueStream(other.runtime(), BatchQueue<std::string>{});
    CHECK_THROWS_AS(a | transformWith(b, both), sluice::InvalidArgument);
    const auto three = [](const Ints& ints, const Ints&, const Texts&) { return ints; };
    CHECK_THROWS_AS(sluice::transform(a, a, b, three), sluice::InvalidArgument);
}

TEST_CASE("a function of transformWith that throws fails the batch and is not called again",
    "[dstream][transformWith][errors]")
{
    int calls = 0;
    const auto fussy = [&calls](const Ints& ints, const Texts&) {
        ++calls;
        return ints.empty() ? throw std::domain_error{"none"} : ints;
    };
    CHECK_THROWS_WITH(runTwo({{1}, {}}, {{}, {}}, fussy, 4),
        "sluice: transformWith failed in batch 2000 ms, partition 0, after 1 attempt: none");
    CHECK(calls == 2);
}
