#include <sluice/input/socket_stream.hpp>

#include <sluice/algebra/framing.hpp>
#include <sluice/algebra/map.hpp>

#include "support/catch.hpp"
#include "support/line_server.hpp"
#include "support/record_reader.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;
using sluice::delimitedBy, sluice::Frame, sluice::lengthPrefixed, sluice::Options;
using sluice::ReceiverStarted, sluice::ReceiverStopped, sluice::RecordsRefused;
using sluice::socketStream, sluice::State, sluice::Stop, sluice::StreamingContext;
using sluice::test::asText, sluice::test::LineServer, sluice::test::freely,
    sluice::test::RecordReader;
using Records = std::vector<std::string>;

namespace {
template <class F>
auto framesFrom(const LineServer& server, F framing)
{
    return [port = server.port(), framing](StreamingContext& context) {
        return socketStream(context, "127.0.0.1", port, framing);
    };
}

std::string framed(std::string_view payload)
{
    std::string frame;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        frame += static_cast<char>(payload.size() >> shift & 0xFFU);
    }
    return frame.append(payload);
}

/// `n` numbered records, each at least `length` long.
Records numbered(std::size_t n, std::size_t length)
{
    Records records;
    for (std::size_t i = 0; i < n; ++i) {
        std::string record = "record " + std::to_string(i) + ' ';
        record.resize(std::max(record.size(), length), 'x');
        records.push_back(std::move(record));
    }
    return records;
}

std::string allFramed(const Records& records)
{
    std::string bytes;
    for (const auto& record : records) {
        bytes += framed(record);
    }
    return bytes;
}

} // namespace

TEST_CASE("a socket's frames become records", "[input][socket_stream][parallel]")
{
    LineServer server;
    const auto port = server.port();
    const auto frames = [port](StreamingContext& context) {
        // [example]
        const auto messages = sluice::socketStream(
            context, "127.0.0.1", port, sluice::lengthPrefixed({.bytes = 2, .maxFrame = 1000}));
        // [example]
        return messages;
    };
    RecordReader reader{freely(), frames};
    server.send("\0\5hello\0\0\0\5world"s);
    REQUIRE(reader.waitForRecords(3));
    CHECK(reader.records() == Records{"hello", "", "world"});
    REQUIRE(reader.eventsOf<ReceiverStarted>().size() == 1);
    CHECK(reader.eventsOf<ReceiverStarted>().front().name ==
          "socketStream 127.0.0.1:" + std::to_string(port));
    REQUIRE(reader.waitUntil([&] { return reader.source().records == 3; }));
    CHECK(reader.source().bytes == 16);
    CHECK(reader.source().refused == 0);
}

TEST_CASE("frames come whole across reads and blocks", "[input][socket_stream][parallel]")
{
    LineServer server;
    SECTION("with a length in front, in many blocks")
    {
        RecordReader reader{freely(), framesFrom(server, lengthPrefixed())};
        const auto sent = numbered(50'000, 40);
        server.send(allFramed(sent));
        REQUIRE(reader.waitForRecords(sent.size()));
        CHECK(reader.records() == sent);
    }
    SECTION("longer than a block")
    {
        RecordReader reader{freely(), framesFrom(server, lengthPrefixed())};
        const auto sent = numbered(5, 900'000);
        server.send(allFramed(sent));
        REQUIRE(reader.waitForRecords(sent.size()));
        CHECK(reader.records() == sent);
    }
    SECTION("with a delimiter, a byte at a time")
    {
        RecordReader reader{freely(), framesFrom(server, delimitedBy("\r\n\r\n"))};
        REQUIRE(server.waitForClient());
        for (const char byte : "one\r\n\r\ntwo\r\nhalves\r\n\r\n\r\n\r\n"sv) {
            server.send({&byte, 1});
            REQUIRE(server.waitForAllSent());
        }
        REQUIRE(reader.waitForRecords(3));
        CHECK(reader.records() == Records{"one", "two\r\nhalves", ""});
    }
    SECTION("with a user's function")
    {
        const auto netstrings = [](std::string_view bytes, std::size_t) {
            std::size_t size = 0;
            for (std::size_t i = 0; i < bytes.size(); ++i) {
                if (bytes[i] == ':') {
                    const std::size_t all = i + 1 + size + 1;
                    return bytes.size() < all ? Frame::more(all) : Frame::whole(all, i + 1, 1);
                }
                if (i == 6 || bytes[i] < '0' || bytes[i] > '9') {
                    return Frame::broken("no length of a netstring");
                }
                size = size * 10 + static_cast<std::size_t>(bytes[i] - '0');
            }
            return Frame::more();
        };
        RecordReader reader{freely(), framesFrom(server, netstrings)};
        server.send("5:hello,0:,12:hello, world,");
        REQUIRE(reader.waitForRecords(3));
        server.send("what is this?");
        REQUIRE(reader.waitForEvents<ReceiverStopped>(1));
        CHECK(reader.records() == Records{"hello", "", "hello, world"});
        CHECK(reader.eventsOf<ReceiverStopped>()[0].message == "no length of a netstring");
        CHECK(reader.waitUntil([&] { return reader.source().refused == 1; }));
    }
}

TEST_CASE("a converter is the operator behind", "[input][socket_stream][parallel]")
{
    LineServer server;
    const auto sizes = [&server](StreamingContext& context) {
        return socketStream(context, "127.0.0.1", server.port(), delimitedBy(';')) |
               sluice::map([](std::string_view record) { return std::to_string(record.size()); }) |
               sluice::map(asText);
    };
    RecordReader reader{freely(), sizes};
    server.send("a;bb;;");
    REQUIRE(reader.waitForRecords(3));
    CHECK(reader.records() == Records{"1", "2", "0"});
}

TEST_CASE("a length that lies is refused, and the server is connected to again",
    "[input][socket_stream][errors][parallel]")
{
    LineServer server;
    RecordReader reader{freely(), framesFrom(server, lengthPrefixed({.maxFrame = 100}))};
    const auto lie = GENERATE("\0\0\0\x65"s, "\xFF\xFF\xFF\xFF"s, "\x80\0\0\0"s);
    server.send(framed("before") + lie + framed("never seen"));
    REQUIRE(server.waitForClient(2));
    server.send(framed("after"));
    REQUIRE(reader.waitForRecords(2));
    CHECK(reader.records() == Records{"before", "after"});
    CHECK(reader.waitUntil([&] { return reader.source().refused == 1; }));
    CHECK(reader.eventsOf<ReceiverStopped>().front().message == "a length beyond maxFrame");
    CHECK(reader.source().reconnects == 1);
}

TEST_CASE("a frame cut off by the end of the connection is refused",
    "[input][socket_stream][errors][parallel]")
{
    LineServer server;
    RecordReader reader{freely(), framesFrom(server, lengthPrefixed())};
    SECTION("closed")
    {
        server.send(framed("whole") + framed("half of it").substr(0, 8));
        server.closeClient();
    }
    SECTION("broken")
    {
        server.send(framed("whole") + framed("half of it").substr(0, 2));
        REQUIRE(reader.waitForRecords(1)); // a reset takes with it what was not read yet
        server.breakClient();
    }
    server.send(framed("next"));
    REQUIRE(reader.waitForRecords(2));
    CHECK(reader.records() == Records{"whole", "next"});
    CHECK(reader.waitUntil([&] { return reader.source().refused == 1; }));
    CHECK(reader.eventsOf<RecordsRefused>()[0].message == "the stream ended within a frame");
}

TEST_CASE("a record beyond the limit is refused without a new connection",
    "[input][socket_stream][errors][parallel]")
{
    LineServer server;
    RecordReader reader{freely(), framesFrom(server, delimitedBy('|', {.maxFrame = 10}))};
    server.send("short|" + std::string(11, 'x') + "|");
    server.send("0123456789|" + std::string(1'000'000, 'y') + "|last|");
    REQUIRE(reader.waitForRecords(3));
    CHECK(reader.records() == Records{"short", "0123456789", "last"});
    REQUIRE(reader.waitUntil([&] { return reader.source().refused == 2; }));
    CHECK(server.clients() == 1);
}

TEST_CASE("what a framing throws ends the connection, and the next one is read",
    "[input][socket_stream][errors][parallel]")
{
    LineServer server;
    const auto touchy = [](std::string_view bytes, std::size_t) {
        if (bytes[0] == '!') { throw std::runtime_error{"it said !"}; }
        return Frame::whole(1);
    };
    RecordReader reader{freely(), framesFrom(server, touchy)};
    server.send("ab!c");
    REQUIRE(server.waitForClient(2));
    server.send("d");
    REQUIRE(reader.waitForRecords(3));
    CHECK(reader.records() == Records{"a", "b", "d"});
    CHECK(reader.eventsOf<ReceiverStopped>().front().message == "it said !");
    CHECK(reader.waitUntil([&] { return reader.source().refused == 1; }));
    REQUIRE(reader.waitUntil([&] { return reader.source().records == 3; }));
}

TEST_CASE("a framing that answers otherwise when asked again fails the batch",
    "[input][socket_stream][errors][parallel]")
{
    LineServer server;
    const auto fickle = [](std::string_view bytes, std::size_t seen) {
        return seen == 0 ? Frame::more(bytes.size() + 1) : Frame::whole(bytes.size());
    };
    RecordReader reader{freely(), framesFrom(server, fickle)};
    server.send("a");
    REQUIRE(server.waitForAllSent());
    REQUIRE(reader.waitForBatches(2));
    server.send("b");
    CHECK_THROWS_AS(reader.context().awaitTermination(), sluice::Error);
}

TEST_CASE("a full buffer suspends the reader of frames", "[input][socket_stream][parallel]")
{
    LineServer server;
    Options options = freely();
    options.maxBufferedBytes = 1'000'000;
    RecordReader reader{options, framesFrom(server, lengthPrefixed())};
    const auto sent = numbered(200'000, 100); // 20 MB, more than the sockets buffer
    {
        const auto held = reader.hold();
        server.send(allFramed(sent));
        REQUIRE(server.waitForStall());
        CHECK(reader.source().bufferedBytes < 2'000'000);
    }
    REQUIRE(reader.waitForRecords(sent.size()));
    CHECK(reader.records() == sent);
}

TEST_CASE("a graceful stop while frames come loses none that was accepted",
    "[input][socket_stream][parallel]")
{
    LineServer server;
    RecordReader reader{freely(), framesFrom(server, lengthPrefixed())};
    const auto sent = numbered(100'000, 60);
    server.send(allFramed(sent));
    REQUIRE(reader.waitForRecords(1000));
    reader.context().stop(Stop::graceful);
    CHECK_NOTHROW(reader.context().awaitTermination());
    const auto got = reader.records();
    CHECK(std::equal(got.begin(), got.end(), sent.begin()));
    CHECK(reader.source().records == got.size());
    CHECK(reader.source().refused == 0); // a stop of ours cuts frames off, not the sender
}

TEST_CASE("clients that come and go with random bytes break nothing, and all is counted",
    "[input][socket_stream][errors][parallel]")
{
    const auto seed = GENERATE(1U, 2U, 3U);
    CAPTURE(seed);
    std::mt19937 random{seed};
    LineServer server;
    RecordReader reader{freely(), framesFrom(server, lengthPrefixed({.bytes = 1, .maxFrame = 60}))};
    std::size_t records = 0;
    std::size_t refused = 0;
    constexpr std::size_t connections = 60;
    for (std::size_t i = 0; i < connections; ++i) {
        std::string bytes;
        for (auto n = random() % 300; n > 0; --n) {
            bytes += static_cast<char>(random() % (i % 2 == 0 ? 256 : 60));
        }
        std::string_view rest = bytes;
        bool lies = false;
        while (!rest.empty()) {
            const auto length = static_cast<unsigned char>(rest[0]);
            lies = length > 60;
            if (lies || rest.size() < 1U + length) { break; }
            rest.remove_prefix(1U + length);
            ++records;
        }
        refused += rest.empty() ? 0U : 1U;
        server.send(bytes);
        if (!lies) { server.closeClient(); }
        REQUIRE(server.waitForClient(i + 2)); // or it would send to the one that has left
    }
    REQUIRE(reader.waitForRecords(records));
    CHECK(reader.records().size() == records);
    CHECK(reader.waitUntil([&] { return reader.source().refused == refused; }));
}

TEST_CASE(
    "endless bytes without a delimiter are not kept", "[input][socket_stream][errors][parallel]")
{
    LineServer server;
    RecordReader reader{freely(), framesFrom(server, delimitedBy('\n', {.maxFrame = 1000}))};
    for (int i = 0; i < 20; ++i) {
        server.send(std::string(1'000'000, 'x'));
    }
    server.send("\nhonest\n");
    REQUIRE(reader.waitForRecords(1));
    CHECK(reader.records() == Records{"honest"});
    REQUIRE(reader.waitUntil([&] { return reader.source().refused == 1; }));
    CHECK(reader.source().bytes == 7);
}

TEST_CASE(
    "socketStream says what is wrong with its host and port", "[input][socket_stream][errors]")
{
    StreamingContext context{freely()};
    const auto framing = delimitedBy(';');
    CHECK_THROWS_WITH(sluice::socketStream(context, "localhost", 0, framing),
        "sluice: socketStream(context, host, port): port 0 given, must be 1 to 65535");
    CHECK_THROWS_AS(sluice::socketStream(context, "", 1, framing), sluice::InvalidArgument);
}
