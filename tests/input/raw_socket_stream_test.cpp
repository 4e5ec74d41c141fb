#include <sluice/input/raw_socket_stream.hpp>

#include <sluice/algebra/map.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/storage/block.hpp>

#include "support/catch.hpp"
#include "support/line_server.hpp"
#include "support/record_reader.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::string_literals;
using sluice::InvalidArgument, sluice::Options, sluice::rawSocketStream;
using sluice::ReceiverStopped, sluice::RecordsRefused, sluice::StreamingContext;
using sluice::test::asText, sluice::test::LineServer, sluice::test::freely,
    sluice::test::RecordReader;
using Records = std::vector<std::string>;

namespace {
struct Fussy {
    std::uint8_t value;
};
} // namespace

template <>
struct sluice::Serde<Fussy> {
    static constexpr std::string_view name{"Fussy 1"};
    static void write(Writer& out, const Fussy& fussy) { out.number(fussy.value); }
    static Fussy read(Reader& in)
    {
        const Fussy fussy{in.number<std::uint8_t>()};
        if (fussy.value == 13) { throw std::domain_error{"13"}; }
        if (fussy.value == 14) { throw std::bad_alloc{}; }
        if (fussy.value == 15) { throw 15; }
        return fussy;
    }
};

namespace {
std::string framed(std::string_view payload)
{
    std::string frame;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        frame += static_cast<char>(payload.size() >> shift & 0xFFU);
    }
    return frame.append(payload);
}

/// A stream of text views, as they came.
auto textsFrom(const LineServer& server, sluice::RawSocketOptions options = {})
{
    return [port = server.port(), options](StreamingContext& context) {
        return rawSocketStream<std::string_view>(context, "127.0.0.1", port, options);
    };
}

/// The same bytes as views are written from strings.
std::string viewsOf(const Records& records)
{
    const std::vector<std::string_view> views{records.begin(), records.end()};
    return framed(sluice::writeBlock(views));
}
} // namespace

TEST_CASE("blocks of records come as the records that were written",
    "[input][raw_socket_stream][parallel]")
{
    LineServer server;
    const auto port = server.port();
    using Reading = std::pair<std::string, double>;
    const auto texts = [port](StreamingContext& context) {
        // [example]
        const sluice::DStream<Reading> readings =
            sluice::rawSocketStream<Reading>(context, "127.0.0.1", port);
        // [example]
        const auto textOf = [](const Reading& reading) {
            return reading.first + ' ' + std::to_string(static_cast<int>(reading.second));
        };
        return readings | sluice::map(textOf) | sluice::map(asText);
    };
    RecordReader reader{freely(), texts};
    const std::string bytes =
        sluice::writeBlock(std::vector<Reading>{{"north", 7.5}, {"south", 9}});
    server.send(framed(bytes));
    server.send(framed(sluice::writeBlock(std::vector<Reading>{})));
    server.send(framed(sluice::writeBlock(std::vector<Reading>{{"east", 1}})));
    REQUIRE(reader.waitForRecords(3));
    CHECK(reader.records() == Records{"north 7", "south 9", "east 1"});
    CHECK(reader.source().refused == 0);
}

TEST_CASE(
    "records that are views point into what was received", "[input][raw_socket_stream][parallel]")
{
    LineServer server;
    RecordReader reader{freely(), textsFrom(server)};
    Records sent;
    for (std::size_t i = 0; i < 200; ++i) {
        const Records some(50, std::string(i, 'x') + std::to_string(i));
        server.send(viewsOf(some));
        sent.insert(sent.end(), some.begin(), some.end());
    }
    REQUIRE(reader.waitForRecords(sent.size()));
    CHECK(reader.records() == sent);
    REQUIRE(reader.waitUntil([&] { return reader.source().records == 200; })); // they are blocks
}

TEST_CASE("a block that cannot be read is refused, and those around it come",
    "[input][raw_socket_stream][errors][parallel]")
{
    LineServer server;
    RecordReader reader{freely(), textsFrom(server)};
    auto flipped = viewsOf({"flipped"});
    flipped.back() = static_cast<char>(flipped.back() ^ 1);
    server.send(viewsOf({"one"}) + flipped);
    server.send(framed("no block at all"));
    server.send(framed(""));
    server.send(framed(sluice::writeBlock(std::vector<int>{1, 2, 3})));
    server.send(viewsOf({"two"}));
    REQUIRE(reader.waitForRecords(2));
    CHECK(reader.records() == Records{"one", "two"});
    REQUIRE(reader.waitUntil([&] { return reader.source().refused == 4; }));
    CHECK(server.clients() == 1);
}

TEST_CASE(
    "a number of records that lies takes no memory", "[input][raw_socket_stream][errors][parallel]")
{
    LineServer server;
    RecordReader reader{freely(), textsFrom(server)};
    std::mt19937 random{7};
    const auto good = viewsOf({"a", "bc", "def"});
    for (int i = 0; i < 300; ++i) {
        auto bad = good;
        const auto at = 4 + random() % (bad.size() - 4);
        bad[at] = static_cast<char>(bad[at] ^ static_cast<int>(1 + random() % 255));
        server.send(bad);
    }
    server.send(viewsOf({"last"}));
    REQUIRE(reader.waitForRecords(1));
    CHECK(reader.records() == Records{"last"});
    REQUIRE(reader.waitUntil([&] { return reader.source().refused == 300; }));
}

TEST_CASE("a length beyond maxBlock ends the connection, and the next one is read",
    "[input][raw_socket_stream][errors][parallel]")
{
    LineServer server;
    RecordReader reader{freely(), textsFrom(server, {.maxBlock = 1000})};
    const auto lie = GENERATE("\0\0\x3\xE9"s, "\x80\0\0\0"s, "\xFF\xFF\xFF\xFF"s);
    server.send(viewsOf({"before"}) + lie);
    REQUIRE(server.waitForClient(2));
    server.send(viewsOf({"after"}));
    REQUIRE(reader.waitForRecords(2));
    CHECK(reader.records() == Records{"before", "after"});
    REQUIRE(reader.waitUntil([&] { return reader.source().refused == 1; }));
}

TEST_CASE("a block of which a user's Serde throws anything is refused, and all of it",
    "[input][raw_socket_stream][errors][parallel]")
{
    LineServer server;
    const auto fussy = [&server](StreamingContext& context) {
        return rawSocketStream<Fussy>(context, "127.0.0.1", server.port()) |
               sluice::map([](const Fussy& one) { return std::to_string(one.value); }) |
               sluice::map(asText);
    };
    RecordReader reader{freely(), fussy};
    server.send(framed(sluice::writeBlock(std::vector<Fussy>{{1}, {2}})));
    server.send(framed(sluice::writeBlock(std::vector<Fussy>{{3}, {13}, {4}})));
    server.send(framed(sluice::writeBlock(std::vector<Fussy>{{5}})));
    REQUIRE(reader.waitForRecords(3));
    CHECK(reader.records() == Records{"1", "2", "5"});
    REQUIRE(reader.waitUntil([&] { return reader.source().refused == 1; }));
    CHECK(reader.eventsOf<RecordsRefused>()[0].message == "blocks that cannot be read: 13");
    server.send(
        framed(sluice::writeBlock(std::vector<Fussy>{{6}, {14}}))); // as if for lack of memory
    REQUIRE(reader.waitUntil([&] { return reader.source().refused == 2; }));
    server.send(framed(sluice::writeBlock(std::vector<Fussy>{{7}, {15}})));
    REQUIRE(reader.waitUntil([&] { return reader.source().refused == 3; }));
    CHECK(reader.eventsOf<RecordsRefused>().back().message ==
          "blocks that cannot be read: unknown exception");
    server.send(framed(sluice::writeBlock(std::vector<Fussy>{{8}})));
    REQUIRE(reader.waitForRecords(4));
    CHECK(reader.records().back() == "8");
}

TEST_CASE("a block of records that are much larger than their bytes is refused",
    "[input][raw_socket_stream][errors][parallel]")
{
    LineServer server;
    using Large = std::optional<std::array<char, 4'000>>;
    const auto large = [&server](StreamingContext& context) {
        const auto records =
            rawSocketStream<Large>(context, "127.0.0.1", server.port(), {.maxBlock = 10'000});
        return records | sluice::map([](const Large&) { return std::string{"none"}; }) |
               sluice::map(asText);
    };
    RecordReader reader{freely(), large};
    server.send(framed(sluice::writeBlock(std::vector<Large>(9'000)))); // 36 MB
    server.send(framed(sluice::writeBlock(std::vector<Large>(30))));
    REQUIRE(reader.waitForRecords(30));
    REQUIRE(reader.waitUntil([&] { return reader.source().refused == 1; }));
    CHECK_THAT(reader.eventsOf<RecordsRefused>()[0].message,
        Catch::EndsWith("its records would take more than 16 times maxBlock in memory"));
}

TEST_CASE("a stream of blocks counts what it refuses once, however many read it",
    "[input][raw_socket_stream][errors][parallel]")
{
    LineServer server;
    const auto readThrice = [&server](StreamingContext& context) {
        const auto texts = textsFrom(server)(context);
        texts | sluice::foreachBatch([](const sluice::Batch<std::string_view>&) {});
        texts | sluice::foreachBatch([](const sluice::Batch<std::string_view>&) {});
        return texts;
    };
    RecordReader reader{freely(), readThrice};
    server.send(framed("nonsense") + viewsOf({"sense"}));
    REQUIRE(reader.waitForRecords(1));
    REQUIRE(reader.waitForBatches(2));
    CHECK(reader.source().refused == 1);
}

TEST_CASE("maxBlock is held to its range", "[input][raw_socket_stream][errors]")
{
    StreamingContext context{freely()};
    CHECK_THROWS_AS(
        rawSocketStream<int>(context, "localhost", 1, {.maxBlock = 0}), InvalidArgument);
}

TEST_CASE("rawSocketStream says what is wrong with its host and port",
    "[input][raw_socket_stream][errors]")
{
    StreamingContext context{freely()};
    CHECK_THROWS_WITH(rawSocketStream<int>(context, "localhost", 70'000),
        "sluice: rawSocketStream(context, host, port): port 70000 given, must be 1 to 65535");
    CHECK_THROWS_AS(rawSocketStream<int>(context, "", 1), InvalidArgument);
}
