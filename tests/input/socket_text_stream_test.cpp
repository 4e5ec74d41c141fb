#include <sluice/input/socket_text_stream.hpp>

#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/streaming_context.hpp>
#include <sluice/testing/manual_clock.hpp>

#include "support/catch.hpp"
#include "support/line_server.hpp"
#include "support/record_reader.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

using namespace std::chrono_literals;
using sluice::Batch, sluice::Duration, sluice::foreachBatch, sluice::Options;
using sluice::ReceiverStarted, sluice::ReceiverStopped, sluice::RecordsRefused;
using sluice::State, sluice::Stop, sluice::StreamingContext;
using sluice::test::LineServer, sluice::test::patience;
using sluice::testing::ManualClock;
using Lines = std::vector<std::string>;

namespace {
/// A listener on loopback whose queue is full: to connect to it hangs.
class DeafListener {
public:
    DeafListener()
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* any = reinterpret_cast<sockaddr*>(&address);
        socklen_t size = sizeof address;
        REQUIRE(::bind(listener_, any, size) == 0);
        REQUIRE(::listen(listener_, 0) == 0);
        REQUIRE(::getsockname(listener_, any, &size) == 0);
        port_ = ntohs(address.sin_port);
        for (int client : clients_) {
            (void)::connect(client, any, size);
        }
    }
    DeafListener(const DeafListener&) = delete;
    DeafListener& operator=(const DeafListener&) = delete;
    ~DeafListener()
    {
        for (int client : clients_) {
            ::close(client);
        }
        ::close(listener_);
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    static int newSocket() { return ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0); }

    int listener_ = newSocket();
    std::array<int, 3> clients_{newSocket(), newSocket(), newSocket()};
    std::uint16_t port_ = 0;
};

using sluice::test::often;

/// A context that collects the lines of a server.
struct Reader : sluice::test::RecordReader {
    explicit Reader(std::uint16_t port, Options options = often(), std::string host = "127.0.0.1")
        : RecordReader{std::move(options),
              [&](StreamingContext& context) { return context.socketTextStream(host, port); }}
    {
    }

    bool waitForLines(std::size_t n) { return waitForRecords(n); }
    Lines lines() const { return records(); }
};

/// `n` numbered lines, each at least `length` long.
Lines numbered(std::size_t n, std::size_t length = 0)
{
    Lines lines;
    for (std::size_t i = 0; i < n; ++i) {
        std::string line = "line " + std::to_string(i) + ' ';
        line.resize(std::max(line.size(), length), 'x');
        lines.push_back(std::move(line));
    }
    return lines;
}

std::string joined(const Lines& lines, std::string_view end = "\n")
{
    std::string text;
    for (const auto& line : lines) {
        (text += line) += end;
    }
    return text;
}

bool isPrefix(const Lines& part, const Lines& whole)
{
    return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}
} // namespace

TEST_CASE("the words that a server sends are a stream", "[input][socket_text_stream][parallel]")
{
    LineServer server;
    server.send("to be or\nnot to be\n");
    Options options = often();
    Lines seen;
    const auto port = server.port();
    // [example]
    StreamingContext context{options};
    context.socketTextStream("127.0.0.1", port) | sluice::flatMap(sluice::words) |
        foreachBatch([&](const Batch<std::string_view>& words) {
            seen.insert(seen.end(), words.begin(), words.end());
            if (seen.size() >= 6) { context.requestStop(); }
        });
    context.start();
    context.awaitTermination();
    // [example]
    CHECK(seen == Lines{"to", "be", "or", "not", "to", "be"});
}

TEST_CASE("lines come as they were sent, across reads and blocks",
    "[input][socket_text_stream][parallel]")
{
    LineServer server;
    Reader reader{server.port()};
    SECTION("in pieces, with every kind of end")
    {
        REQUIRE(server.waitForClient());
        for (const std::string piece : {"one\ntw", "o\r", "\nthree\r", "four\n\nfi", "ve\r\n"}) {
            server.send(piece);
            REQUIRE(server.waitForAllSent());
            REQUIRE(reader.waitForBatches(2));
        }
        REQUIRE(reader.waitForLines(6));
        CHECK(reader.lines() == Lines{"one", "two", "three", "four", "", "five"});
    }
    SECTION("many blocks of them")
    {
        const auto sent = numbered(50'000, 40);
        server.send(joined(sent));
        REQUIRE(reader.waitForLines(sent.size()));
        CHECK(reader.lines() == sent);
    }
    SECTION("longer than a block")
    {
        const auto sent = numbered(5, 400'000);
        server.send(joined(sent, "\r\n"));
        REQUIRE(reader.waitForLines(sent.size()));
        CHECK(reader.lines() == sent);
    }
    reader.context().stop();
    CHECK_NOTHROW(reader.context().awaitTermination());
}

TEST_CASE("a server's name is resolved", "[input][socket_text_stream][parallel]")
{
    LineServer server;
    Reader reader{server.port(), often(), "localhost"};
    server.send("here\n");
    REQUIRE(reader.waitForLines(1));
    CHECK(reader.lines() == Lines{"here"});
    REQUIRE(reader.eventsOf<ReceiverStarted>().size() == 1);
    CHECK(reader.eventsOf<ReceiverStarted>().front().name ==
          "socketTextStream localhost:" + std::to_string(server.port()));
}

TEST_CASE("a half line counts when the server closes in order, and not when the line breaks",
    "[input][socket_text_stream][parallel]")
{
    LineServer server;
    Reader reader{server.port()};
    SECTION("closed")
    {
        server.send("whole\nhalf");
        server.closeClient();
        server.send("next\n");
        REQUIRE(reader.waitForLines(3));
        CHECK(reader.lines() == Lines{"whole", "half", "next"});
    }
    SECTION("broken")
    {
        server.send("whole\nhalf");
        REQUIRE(reader.waitForLines(1)); // a reset takes with it what was not read yet
        server.breakClient();
        server.send("next\n");
        REQUIRE(reader.waitForLines(2));
        CHECK(reader.lines() == Lines{"whole", "next"});
    }
    CHECK(reader.eventsOf<ReceiverStarted>().size() == 2);
    CHECK(reader.eventsOf<ReceiverStopped>().size() == 1);
    CHECK(server.clients() == 2);
}

TEST_CASE("a line that is too long is refused and counted, and the next one comes",
    "[input][socket_text_stream][errors][parallel]")
{
    LineServer server;
    Options options = often();
    options.maxLineBytes = 10;
    Reader reader{server.port(), options};
    server.send("short\n" + std::string(11, 'x') + "\n");
    server.send("0123456789\n" + std::string(1'000'000, 'y') + "\nlast\n");
    REQUIRE(reader.waitForLines(3));
    CHECK(reader.lines() == Lines{"short", "0123456789", "last"});
    REQUIRE(reader.waitForEvents<RecordsRefused>(1));
    std::size_t refused = 0;
    for (const auto& event : reader.eventsOf<RecordsRefused>()) {
        refused += event.records;
    }
    CHECK(refused == 2);
    reader.context().stop();
}

TEST_CASE("a server that comes back is connected to again", "[input][socket_text_stream][parallel]")
{
    std::optional<LineServer> server{std::in_place};
    const auto port = server->port();
    Reader reader{port};
    server->send("before\n");
    REQUIRE(reader.waitForLines(1));
    server.reset();
    REQUIRE(reader.waitForEvents<ReceiverStopped>(3)); // refused, more than once
    server.emplace(port);
    server->send("after\n");
    REQUIRE(reader.waitForLines(2));
    CHECK(reader.lines() == Lines{"before", "after"});
}

TEST_CASE("the waits between attempts grow up to a limit", "[input][socket_text_stream]")
{
    std::uint16_t port = 0;
    {
        const LineServer gone;
        port = gone.port();
    }
    const auto clock = std::make_shared<ManualClock>();
    Options options{.batchInterval = 10ms, .parallelism = 1};
    options.clock = clock;
    options.reconnect = {.first = 100ms, .atMost = 400ms, .jitter = 0};
    Reader reader{port, options};
    const auto failed = [&reader] { return reader.eventsOf<ReceiverStopped>().size(); };
    std::vector<std::chrono::milliseconds> waits;
    auto last = clock->now();
    const auto end = std::chrono::steady_clock::now() + patience;
    // Time moves batch by batch; when the next attempt was made, it failed at that time.
    while (failed() < 6 && std::chrono::steady_clock::now() < end) {
        REQUIRE(reader.waitForBatches(1, [&clock] { clock->advance(10ms); }));
    }
    for (const auto& event : reader.eventsOf<ReceiverStopped>()) {
        waits.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(event.at - last));
        last = event.at;
    }
    REQUIRE(waits.size() >= 6);
    CHECK(waits[1] >= 100ms);
    CHECK(waits[2] >= 200ms);
    CHECK(waits[3] >= 400ms);
    CHECK(waits[4] >= 400ms);
    CHECK(waits[5] < 1600ms);
}

TEST_CASE("a full buffer suspends the reader, and the sender feels it",
    "[input][socket_text_stream][parallel]")
{
    LineServer server;
    Options options = often();
    options.maxBufferedBytes = 1'000'000;
    options.backpressure.enabled = false; // only the buffer holds it
    Reader reader{server.port(), options};
    const auto sent = numbered(200'000, 100); // 20 MB, more than the sockets buffer
    {
        const auto held = reader.hold();
        server.send(joined(sent));
        REQUIRE(server.waitForStall());
        CHECK(reader.lines().size() < sent.size());
    }
    REQUIRE(reader.waitForLines(sent.size()));
    CHECK(reader.lines() == sent);
}

TEST_CASE("a graceful stop while data flows loses no line that was accepted",
    "[input][socket_text_stream][parallel]")
{
    for (const std::size_t after : {0U, 1U, 1000U, 30'000U}) {
        CAPTURE(after);
        LineServer server;
        Reader reader{server.port()};
        const auto sent = numbered(100'000, 60);
        server.send(joined(sent));
        REQUIRE(reader.waitForLines(after));
        reader.context().stop(Stop::graceful);
        CHECK_NOTHROW(reader.context().awaitTermination());
        const auto got = reader.lines();
        CHECK(got.size() >= after);
        CHECK(isPrefix(got, sent));
        std::size_t accepted = 0;
        for (const auto& event : reader.context().events()) {
            if (const auto* cut = std::get_if<sluice::BatchSubmitted>(&event)) {
                accepted += cut->records;
            }
        }
        CHECK(accepted == got.size());
    }
}

TEST_CASE("a graceful stop with a full buffer takes what is in it",
    "[input][socket_text_stream][parallel]")
{
    LineServer server;
    Options options = often();
    options.maxBufferedBytes = 300'000;
    options.backpressure.enabled = false; // only the buffer holds it
    Reader reader{server.port(), options};
    const auto sent = numbered(100'000, 100);
    auto held = reader.hold();
    server.send(joined(sent));
    REQUIRE(server.waitForStall());
    reader.context().requestStop(Stop::graceful);
    held.unlock();
    reader.context().awaitTermination();
    const auto got = reader.lines();
    CHECK(got.size() >= 2000);
    CHECK(got.size() < sent.size());
    CHECK(isPrefix(got, sent));
}

TEST_CASE("a stop ends a source wherever it is", "[input][socket_text_stream][parallel]")
{
    const Stop mode = GENERATE(Stop::now, Stop::graceful);
    SECTION("connected, with nothing to read")
    {
        LineServer server;
        Reader reader{server.port()};
        REQUIRE(server.waitForClient());
        reader.context().stop(mode);
        CHECK(server.waitForNoClient());
    }
    SECTION("connecting")
    {
        for (int round = 0; round < 20; ++round) {
            LineServer server;
            Reader reader{server.port(), often(), round % 2 == 0 ? "127.0.0.1" : "localhost"};
            reader.context().stop(mode);
            CHECK(reader.context().state() == State::stopped);
        }
    }
    SECTION("connecting to where nobody answers")
    {
        const DeafListener deaf;
        Reader reader{deaf.port(), often()};
        REQUIRE(reader.waitForBatches(2));
        reader.context().stop(mode);
    }
    SECTION("waiting to connect again")
    {
        std::uint16_t port = 0;
        {
            const LineServer gone;
            port = gone.port();
        }
        Options options = often();
        options.reconnect = {.first = 1h, .atMost = 2h};
        Reader reader{port, options};
        REQUIRE(reader.waitForEvents<ReceiverStopped>(1));
        reader.context().stop(mode);
    }
    SECTION("with a full buffer")
    {
        LineServer server;
        Options options = often();
        options.maxBufferedBytes = 100;
        options.backpressure.enabled = false; // only the buffer holds it
        Reader reader{server.port(), options};
        auto held = reader.hold();
        server.send(joined(numbered(200'000, 100)));
        REQUIRE(server.waitForStall());
        reader.context().requestStop(mode);
        held.unlock();
        CHECK_NOTHROW(reader.context().awaitTermination());
    }
}

TEST_CASE("a host that nobody knows is said to be unknown, and tried again",
    "[input][socket_text_stream][errors][parallel]")
{
    Reader reader{9999, often(), "no-such-host.invalid"};
    REQUIRE(reader.waitForEvents<ReceiverStopped>(1));
    CHECK_FALSE(reader.eventsOf<ReceiverStopped>().front().message.empty());
    CHECK(reader.context().state() == State::active);
    reader.context().stop();
    CHECK_NOTHROW(reader.context().awaitTermination());
}

TEST_CASE("a stream of lines may outlive its context", "[input][socket_text_stream][regression]")
{
    LineServer server;
    std::optional<sluice::DStream<std::string_view>> kept;
    {
        StreamingContext context{often()};
        const auto lines = context.socketTextStream("127.0.0.1", server.port());
        kept.emplace(lines);
        *kept | foreachBatch([](const Batch<std::string_view>&) {});
        context.start();
        REQUIRE(server.waitForClient());
    }
    CHECK(server.waitForNoClient());
}

TEST_CASE("a port that is none is refused where the stream is made, and not another port",
    "[input][socket_text_stream][errors]")
{
    StreamingContext context{often()};
    for (const int port : {-1, 0, 65'536, 70'000}) {
        CHECK_THROWS_WITH(context.socketTextStream("localhost", port),
            "sluice: socketTextStream(context, host, port): port " + std::to_string(port) +
                " given, must be 1 to 65535");
    }
    CHECK_THROWS_WITH(context.socketTextStream("", 9999),
        "sluice: socketTextStream(context, host, port): an empty host given, must be a name or an "
        "address");
    CHECK_NOTHROW(context.socketTextStream("localhost", 1));
    CHECK_NOTHROW(context.socketTextStream("localhost", 65'535));
}
