#include <sluice/input/stdin_stream.hpp>

#include <sluice/algebra/error.hpp>

#include "support/catch.hpp"
#include "support/line_server.hpp" // Descriptor
#include "support/record_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

using sluice::Options, sluice::ReceiverStarted, sluice::ReceiverStopped, sluice::stdinStream;
using sluice::Stop, sluice::StreamingContext;
using sluice::test::Descriptor, sluice::test::freely, sluice::test::RecordReader;
using Lines = std::vector<std::string>;

namespace {
/// A pipe or a pair of sockets: what is written at one end is read at the other.
class Pipe {
public:
    enum class Kind { pipe, sockets };

    explicit Pipe(Kind kind = Kind::pipe)
    {
        std::array<int, 2> ends{};
        REQUIRE((kind == Kind::pipe ? ::pipe(ends.data())
                                    : ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data())) == 0);
        read_ = Descriptor{ends[0]};
        write_ = Descriptor{ends[1]};
    }

    [[nodiscard]] int end() const { return read_.get(); }

    void write(std::string_view text) const // asserts nothing: it is called on other threads too
    {
        while (!text.empty()) {
            const auto written = ::write(write_.get(), text.data(), text.size());
            if (written <= 0) { throw std::system_error{errno, std::generic_category(), "write"}; }
            text.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    void closeReading() { read_ = Descriptor{}; }
    void close() { write_ = Descriptor{}; }

    [[nodiscard]] bool wouldBlock() const
    {
        pollfd ready{write_.get(), POLLOUT, 0};
        return ::poll(&ready, 1, 200) == 0;
    }

private:
    Descriptor read_;
    Descriptor write_;
};

auto linesOf(int fd)
{
    return [fd](StreamingContext& context) { return stdinStream(context, fd); };
}
} // namespace

TEST_CASE("the lines of a pipe are records, and its end ends the receiver alone",
    "[input][stdin_stream][parallel]")
{
    Pipe pipe{GENERATE(Pipe::Kind::pipe, Pipe::Kind::sockets)};
    const auto linesOfPipe = [&pipe, fd = pipe.end()](StreamingContext& context) {
        // [example]
        const auto lines = sluice::stdinStream(context, fd); // fd 0 where none is given
        // [example]
        pipe.closeReading(); // it has its own
        return lines;
    };
    RecordReader reader{freely(), linesOfPipe};
    pipe.write("one\ntw");
    REQUIRE(reader.waitForRecords(1));
    pipe.write("o\r\n\nlast");
    pipe.close();
    REQUIRE(reader.waitForRecords(4));
    CHECK(reader.records() == Lines{"one", "two", "", "last"});
    REQUIRE(reader.waitForEvents<ReceiverStopped>(1));
    const auto stopped = reader.eventsOf<ReceiverStopped>()[0];
    CHECK(stopped.message.empty());
    CHECK_FALSE(stopped.restarts);
    REQUIRE(reader.waitForBatches(2)); // the context goes on
    CHECK(reader.source().records == 4);
    CHECK(reader.source().errors == 0);
}

TEST_CASE("a file is read although nothing can wait for it", "[input][stdin_stream][parallel]")
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), &std::fclose};
    REQUIRE(file != nullptr);
    std::string text;
    Lines sent;
    for (int i = 0; i < 50'000; ++i) {
        sent.push_back("line " + std::to_string(i));
        text += sent.back() + '\n';
    }
    REQUIRE(std::fwrite(text.data(), 1, text.size(), file.get()) == text.size());
    std::rewind(file.get());
    RecordReader reader{freely(), linesOf(::fileno(file.get()))};
    REQUIRE(reader.waitForRecords(sent.size()));
    CHECK(reader.records() == sent);
    CHECK(reader.waitForEvents<ReceiverStopped>(1));
}

TEST_CASE("an empty input ends at once", "[input][stdin_stream][parallel]")
{
    const Descriptor nothing{::open("/dev/null", O_RDONLY)};
    RecordReader reader{freely(), linesOf(nothing.get())};
    REQUIRE(reader.waitForEvents<ReceiverStopped>(1));
    REQUIRE(reader.waitForBatches(2));
    CHECK(reader.records().empty());
}

TEST_CASE(
    "a full buffer pauses reading, and a pipe's writer feels it", "[input][stdin_stream][parallel]")
{
    Pipe pipe;
    Options options = freely();
    options.maxBufferedBytes = 100'000;
    RecordReader reader{options, linesOf(pipe.end())};
    auto held = reader.hold();
    const std::string line = std::string(99, 'x') + '\n';
    constexpr std::size_t count = 100'000; // 10 MB
    auto writer = std::async(std::launch::async, [&] {
        for (std::size_t i = 0; i < count; ++i) {
            pipe.write(line);
        }
    });
    CHECK(reader.context().state() == sluice::State::active);
    const auto end = std::chrono::steady_clock::now() + sluice::test::patience;
    while (!pipe.wouldBlock() && std::chrono::steady_clock::now() < end) {}
    CHECK(pipe.wouldBlock());
    held.unlock();
    CHECK(reader.waitForRecords(count));
    CHECK_NOTHROW(writer.get());
}

TEST_CASE(
    "the descriptor stays a blocking one for whoever shares it", "[input][stdin_stream][parallel]")
{
    Pipe pipe;
    RecordReader reader{freely(), linesOf(pipe.end())};
    pipe.write("here\n");
    REQUIRE(reader.waitForRecords(1));
    CHECK((::fcntl(pipe.end(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("who else reads the same input may be faster: that is no reason to wait for more",
    "[input][stdin_stream][parallel]")
{
    Pipe pipe{GENERATE(Pipe::Kind::pipe, Pipe::Kind::sockets)};
    std::atomic<std::size_t> ofTheOther{0};
    const auto readTwice = [&](StreamingContext& context) {
        stdinStream(context, pipe.end()) |
            sluice::foreachBatch([&](const sluice::Batch<std::string_view>& batch) {
                ofTheOther += static_cast<std::size_t>(std::distance(batch.begin(), batch.end()));
            });
        return stdinStream(context, pipe.end());
    };
    RecordReader reader{freely(), readTwice};
    for (std::size_t i = 1; i <= 20; ++i) {
        pipe.write("line\n"); // wakes both, and is there for one
        REQUIRE(reader.waitUntil([&] { return reader.records().size() + ofTheOther == i; }));
    }
    reader.context().stop(Stop::now); // while the pipe is open
    CHECK_NOTHROW(reader.context().awaitTermination());
}

TEST_CASE("a stop ends the receiver while nothing comes", "[input][stdin_stream][parallel]")
{
    const Stop mode = GENERATE(Stop::now, Stop::graceful);
    Pipe pipe;
    RecordReader reader{freely(), linesOf(pipe.end())};
    REQUIRE(reader.waitForEvents<ReceiverStarted>(1));
    reader.context().stop(mode);
    CHECK_NOTHROW(reader.context().awaitTermination());
}

TEST_CASE(
    "what cannot be read is reported and tried again", "[input][stdin_stream][errors][parallel]")
{
    const Descriptor folder{::open("/", O_RDONLY)};
    RecordReader reader{freely(), linesOf(folder.get())};
    REQUIRE(reader.waitForEvents<ReceiverStopped>(2));
    CHECK(reader.eventsOf<ReceiverStopped>()[0].message.find("cannot read: ") == 0);
    CHECK(reader.eventsOf<ReceiverStopped>()[0].restarts);
}

TEST_CASE("a descriptor that is not open is refused at the call", "[input][stdin_stream][errors]")
{
    StreamingContext context{freely()};
    CHECK_THROWS_WITH(stdinStream(context, -1),
        "sluice: stdinStream(context, fd): fd is -1, and must be a descriptor that is open");
}

TEST_CASE("a stream that cannot be made any more keeps no descriptor",
    "[input][stdin_stream][errors][parallel]")
{
    Pipe pipe;
    RecordReader reader{freely(), linesOf(pipe.end())};
    REQUIRE(reader.waitForEvents<ReceiverStarted>(1));
    const auto lowestFree = [&] { return Descriptor{::dup(pipe.end())}.get(); };
    const int before = lowestFree();
    CHECK_THROWS_AS(stdinStream(reader.context(), pipe.end()), sluice::IllegalState);
    CHECK(lowestFree() == before);
}
