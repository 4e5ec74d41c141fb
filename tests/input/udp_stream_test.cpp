#include <sluice/input/udp_stream.hpp>

#include <sluice/algebra/error.hpp>
#include <sluice/dstream/shuffle/count.hpp>

#include "support/catch.hpp"
#include "support/line_server.hpp" // Descriptor
#include "support/record_reader.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::string_literals;
using sluice::InvalidArgument, sluice::Options, sluice::ReceiverStarted, sluice::ReceiverStopped;
using sluice::RecordsRefused, sluice::Stop, sluice::StreamingContext, sluice::UdpOptions;
using sluice::udpStream;
using sluice::test::Descriptor, sluice::test::freely, sluice::test::RecordReader;
using Records = std::vector<std::string>;

namespace {
/// A sender of datagrams, and an address of this machine that is free for whom they are sent to.
class Sender {
public:
    Sender()
    {
        // All of 127/8 is this machine: an address of this process's own collides with nobody's.
        const auto pid = static_cast<std::uint32_t>(::getpid());
        target_.sin_family = AF_INET;
        target_.sin_addr.s_addr = htonl(0x7F400000U | (pid & 0x3FFFFFU));
        const Descriptor free{::socket(AF_INET, SOCK_DGRAM, 0)};
        socklen_t size = sizeof target_;
        REQUIRE(::bind(free.get(), any(), size) == 0);
        REQUIRE(::getsockname(free.get(), any(), &size) == 0);
    }

    [[nodiscard]] UdpOptions target() const
    {
        return {.address = ::inet_ntoa(target_.sin_addr), .port = ntohs(target_.sin_port)};
    }

    void send(std::string_view bytes)
    {
        REQUIRE(::sendto(socket_.get(), bytes.data(), bytes.size(), 0, any(), sizeof target_) ==
                static_cast<ssize_t>(bytes.size()));
    }

    /// Binds where the stream would.
    [[nodiscard]] Descriptor occupy()
    {
        Descriptor taken{::socket(AF_INET, SOCK_DGRAM, 0)};
        REQUIRE(::bind(taken.get(), any(), sizeof target_) == 0);
        return taken;
    }

private:
    sockaddr* any() { return reinterpret_cast<sockaddr*>(&target_); }

    sockaddr_in target_{};
    Descriptor socket_{::socket(AF_INET, SOCK_DGRAM, 0)};
};

auto datagramsTo(const UdpOptions& options)
{
    return [options](StreamingContext& context) { return udpStream(context, options); };
}

std::size_t refusedFor(RecordReader& reader, std::string_view why)
{
    std::size_t refused = 0;
    for (const auto& event : reader.eventsOf<RecordsRefused>()) {
        if (event.message.find(why) != std::string::npos) { refused += event.records; }
    }
    return refused;
}
} // namespace

TEST_CASE("each datagram is a record", "[input][udp_stream][parallel]")
{
    Sender sender;
    const auto [address, port, maxDatagram] = sender.target();
    const auto datagrams = [&, &address = address, &port = port](StreamingContext& context) {
        // [example]
        const auto packets = sluice::udpStream(context, {.address = address, .port = port});
        // [example]
        return packets;
    };
    RecordReader reader{freely(), datagrams};
    REQUIRE(reader.waitForEvents<ReceiverStarted>(1));
    CHECK(reader.eventsOf<ReceiverStarted>()[0].name ==
          "udpStream " + address + ":" + std::to_string(port));
    sender.send("one");
    sender.send("");
    sender.send("two\nlines");
    sender.send(std::string(60'000, 'x'));
    REQUIRE(reader.waitForRecords(4));
    CHECK(reader.records() == Records{"one", "", "two\nlines", std::string(60'000, 'x')});
    REQUIRE(reader.waitUntil([&] { return reader.source().records == 4; }));
    CHECK(reader.source().refused == 0);
}

TEST_CASE("a datagram that is too long is refused", "[input][udp_stream][errors][parallel]")
{
    Sender sender;
    auto options = sender.target();
    options.maxDatagram = 4;
    RecordReader reader{freely(), datagramsTo(options)};
    REQUIRE(reader.waitForEvents<ReceiverStarted>(1));
    sender.send("1234");
    sender.send("12345");
    sender.send("x");
    REQUIRE(reader.waitForRecords(2));
    CHECK(reader.records() == Records{"1234", "x"});
    REQUIRE(reader.waitUntil([&] { return reader.source().refused == 1; }));
    CHECK(refusedFor(reader, "longer than maxDatagram") == 1);
}

TEST_CASE("with a full buffer datagrams are dropped, counted, and nobody blocks",
    "[input][udp_stream][errors][parallel]")
{
    Sender sender;
    Options options = freely();
    options.maxBufferedBytes = 100'000;
    RecordReader reader{options, datagramsTo(sender.target())};
    REQUIRE(reader.waitForEvents<ReceiverStarted>(1));
    constexpr std::size_t sent = 20'000; // 20 MB, more than the system holds
    {
        const auto held = reader.hold();
        for (std::size_t i = 0; i < sent; ++i) {
            sender.send(std::string(1000, 'x'));
        }
        CHECK(reader.source().bufferedBytes < 300'000);
    }
    // What was dropped is known with the next datagram that came behind it.
    REQUIRE(reader.waitUntil([&] {
        sender.send("last");
        const auto got = reader.records();
        return !got.empty() && got.back() == "last" && refusedFor(reader, "dropped") > 0;
    }));
    const auto got = reader.records();
    const auto large = std::count_if(
        got.begin(), got.end(), [](const std::string& record) { return record.size() == 1000; });
    CHECK(large > 0);
    CHECK(static_cast<std::size_t>(large) + refusedFor(reader, "dropped") >= sent);
}

TEST_CASE(
    "a flood of empty datagrams is bounded like any other", "[input][udp_stream][errors][parallel]")
{
    Sender sender;
    Options options = freely();
    options.maxBufferedBytes = 10'000;
    RecordReader reader{options, datagramsTo(sender.target())};
    REQUIRE(reader.waitForEvents<ReceiverStarted>(1));
    {
        const auto held = reader.hold();
        for (int i = 0; i < 20'000; ++i) {
            sender.send("");
        }
        CHECK(reader.source().bufferedBytes < 20'000);
    }
    REQUIRE(reader.waitUntil([&] {
        sender.send("last");
        const auto got = reader.records();
        return !got.empty() && got.back() == "last";
    }));
}

TEST_CASE("many datagrams fill many blocks", "[input][udp_stream][parallel]")
{
    Sender sender;
    RecordReader reader{freely(), datagramsTo(sender.target())};
    REQUIRE(reader.waitForEvents<ReceiverStarted>(1));
    Records sent;
    for (std::size_t i = 0; i < 2000; ++i) {
        sent.push_back(std::to_string(i) + std::string(i, 'x'));
        sender.send(sent.back());
        if (i % 10 == 0) { REQUIRE(reader.waitForRecords(i)); } // so that none is dropped
    }
    REQUIRE(reader.waitForRecords(sent.size()));
    CHECK(reader.records() == sent);
}

TEST_CASE("a port that is taken is tried again", "[input][udp_stream][errors][parallel]")
{
    Sender sender;
    auto taken = sender.occupy();
    RecordReader reader{freely(), datagramsTo(sender.target())};
    REQUIRE(reader.waitForEvents<ReceiverStopped>(2));
    CHECK(reader.eventsOf<ReceiverStopped>()[0].message.find("cannot bind: ") == 0);
    CHECK(reader.eventsOf<ReceiverStarted>().empty());
    taken = Descriptor{};
    REQUIRE(reader.waitForEvents<ReceiverStarted>(1));
    sender.send("here");
    REQUIRE(reader.waitForRecords(1));
}

TEST_CASE("a stop ends a receiver of datagrams", "[input][udp_stream][parallel]")
{
    const Stop mode = GENERATE(Stop::now, Stop::graceful);
    Sender sender;
    RecordReader reader{freely(), datagramsTo(sender.target())};
    REQUIRE(reader.waitForEvents<ReceiverStarted>(1));
    reader.context().stop(mode);
    CHECK_NOTHROW(reader.context().awaitTermination());
    const auto again = sender.occupy(); // its port is free
}

TEST_CASE("udpStream says what is wrong with its options", "[input][udp_stream][errors]")
{
    StreamingContext context{freely()};
    CHECK_THROWS_WITH(udpStream(context, {.address = "localhost", .port = 1}),
        "sluice: udpStream: address is 'localhost', and must be an IPv4 or IPv6 address of this "
        "machine");
    CHECK_THROWS_WITH(
        udpStream(context, {}), "sluice: udpStream: port is 0, and must be from 1 to 65535");
    for (const int port : {-1, 65'536, 70'000}) {
        CHECK_THROWS_WITH(udpStream(context, {.port = port}),
            "sluice: udpStream: port is " + std::to_string(port) + ", and must be from 1 to 65535");
    }
    CHECK_THROWS_AS(udpStream(context, {.port = 1, .maxDatagram = 0}), InvalidArgument);
    CHECK_THROWS_AS(udpStream(context, {.port = 1, .maxDatagram = 70'000}), InvalidArgument);
    CHECK_NOTHROW(udpStream(context, {.address = "::1", .port = 1}));
}
