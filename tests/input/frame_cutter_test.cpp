#include <sluice/input/detail/frame_cutter.hpp>

#include <sluice/algebra/framing.hpp>
#include <sluice/input/detail/frames.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace std::string_literals;
using namespace std::string_view_literals;
using sluice::delimitedBy, sluice::Frame, sluice::lengthPrefixed;
using sluice::detail::FrameCutter;
using Records = std::vector<std::string>;

namespace {
/// A cutter whose blocks are taken apart as the fused loop does it.
template <class F>
class Reading {
public:
    explicit Reading(F framing, std::size_t longest, std::size_t blockBytes = 64)
        : framing_{framing}, cutter_{framing, longest, blockBytes}
    {
    }

    /// Bytes come, at most `atOnce` in one read.
    void feed(std::string_view bytes, std::size_t atOnce = SIZE_MAX)
    {
        while (!bytes.empty() && cutter_.broken() == nullptr) {
            if (cutter_.full()) { cut(); }
            const auto room = cutter_.writable();
            most = std::max(most, room.size());
            const std::size_t read = std::min({room.size(), bytes.size(), atOnce});
            std::memcpy(room.data(), bytes.data(), read);
            cutter_.commit(read);
            bytes.remove_prefix(read);
        }
    }

    void end()
    {
        lost += cutter_.endConnection(true);
        cut();
    }

    void cut()
    {
        const auto block = cutter_.cut();
        if (!block) { return; }
        std::size_t count = 0;
        for (const auto record : sluice::detail::FramesFn<F>{framing_}(block->text)) {
            records.emplace_back(record);
            ++count;
        }
        CHECK(count == block->records);
    }

    FrameCutter<F>& cutter() { return cutter_; }
    std::size_t refused() const { return cutter_.refused(); }

    Records records{};
    std::size_t lost = 0;
    std::size_t most = 0; // that was asked for at once

private:
    F framing_;
    FrameCutter<F> cutter_;
};

template <class F>
Reading<F> reading(F framing, std::size_t blockBytes = 64)
{
    return Reading<F>{framing, framing.longest(), blockBytes};
}
} // namespace

TEST_CASE("frames come whole, whatever the reads were", "[input][frame_cutter]")
{
    const auto text = "\2ab\0\5hello\1c"s;
    for (std::size_t atOnce = 1; atOnce <= text.size(); ++atOnce) {
        CAPTURE(atOnce);
        auto in = reading(lengthPrefixed({.bytes = 1}));
        in.feed(text, atOnce);
        in.end();
        CHECK(in.records == Records{"ab", "", "hello", "c"});
        CHECK(in.lost == 0);
        CHECK(in.refused() == 0);
    }
}

TEST_CASE("frames longer than a block come whole", "[input][frame_cutter]")
{
    const std::string big(60'000, 'x');
    auto in = reading(lengthPrefixed({.bytes = 2}));
    in.feed("\xEA\x60"s + big + "\0\1y"s, 1000);
    in.end();
    CHECK(in.records == Records{big, "y"});
}

TEST_CASE("a frame that is not whole at the end is lost, and the next stream begins anew",
    "[input][frame_cutter][errors]")
{
    auto in = reading(lengthPrefixed({.bytes = 1}));
    in.feed("\2ab\5hel");
    in.end();
    CHECK(in.lost == 1);
    in.feed("\1c");
    in.end();
    CHECK(in.lost == 1);
    CHECK(in.records == Records{"ab", "c"});
}

TEST_CASE("a length that lies keeps what came before and allocates nothing",
    "[input][frame_cutter][errors]")
{
    auto in = reading(lengthPrefixed({.bytes = 8}));
    in.feed("\0\0\0\0\0\0\0\1a\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF rest"sv);
    CHECK(in.cutter().broken() == "a length beyond maxFrame"sv);
    in.end();
    CHECK(in.records == Records{"a"});
    CHECK(in.lost == 1);
    CHECK(in.cutter().broken() == nullptr);
    CHECK(in.most <= 128);
    in.feed("\0\0\0\0\0\0\0\1b"sv);
    in.end();
    CHECK(in.records == Records{"a", "b"});
}

TEST_CASE(
    "a length within the limit is not believed before the bytes come", "[input][frame_cutter]")
{
    auto in = reading(lengthPrefixed({.maxFrame = 1U << 30U}));
    in.feed("\x3F\xFF\xFF\xFF"sv);
    in.feed("a few bytes", 1);
    CHECK(in.most <= 128);
    in.end();
    CHECK(in.lost == 1);
}

TEST_CASE("records beyond the limit are refused and those around them come",
    "[input][frame_cutter][errors]")
{
    const auto text = "ok;" + std::string(1000, 'x') + ";fine;" + std::string(5, 'y') + ";last;"s;
    for (const std::size_t atOnce : {1U, 2U, 7U, 64U, 2000U}) {
        for (const std::size_t blockBytes : {1U, 64U, 4096U}) {
            CAPTURE(atOnce, blockBytes);
            auto in = reading(delimitedBy(';', {.maxFrame = 4}), blockBytes);
            in.feed(text, atOnce);
            in.end();
            CHECK(in.records == Records{"ok", "fine", "last"});
            CHECK(in.refused() == 2);
            CHECK(in.lost == 0);
        }
    }
}

TEST_CASE("input without any delimiter is refused once and never buffered",
    "[input][frame_cutter][errors]")
{
    auto in = reading(delimitedBy("end", {.maxFrame = 100}));
    for (int i = 0; i < 10'000; ++i) {
        in.feed("ennen and so on, without it");
    }
    CHECK(in.refused() == 1);
    CHECK(in.most <= 512);
    in.feed("endgoodend");
    in.end();
    CHECK(in.records == Records{"good"});
    CHECK(in.refused() == 1);
    CHECK(in.lost == 0);
}

TEST_CASE("what is cut off while it is refused counts once", "[input][frame_cutter][errors]")
{
    auto in = reading(delimitedBy(';', {.maxFrame = 4}));
    in.feed("too long for this");
    in.end();
    CHECK(in.refused() + in.lost == 1);
}

TEST_CASE("each byte is asked about a bounded number of times", "[input][frame_cutter]")
{
    std::size_t asked = 0;
    const auto counts = [&asked](std::string_view bytes, std::size_t) {
        ++asked;
        if (bytes.size() < 1) { return Frame::more(1); }
        const auto size = std::size_t{1} + static_cast<unsigned char>(bytes[0]);
        return bytes.size() < size ? Frame::more(size) : Frame::whole(size, 1);
    };
    Reading in{counts, 256};
    in.feed("\x64"s + std::string(100, 'x'), 1);
    CHECK(asked == 2); // at its first byte, and when it was whole
    in.cut();
    CHECK(in.records.size() == 1);
}

TEST_CASE("a framing that answers nonsense breaks the stream", "[input][frame_cutter][errors]")
{
    const auto answers = [](Frame frame) {
        return [frame](std::string_view, std::size_t) { return frame; };
    };
    for (const Frame frame : {Frame::whole(0), Frame::whole(100), Frame::whole(2, 3),
             Frame::skip(0), Frame::skip(100), Frame::more(1000), Frame::broken("because")}) {
        CAPTURE(static_cast<int>(frame.kind()), frame.size());
        Reading in{answers(frame), 50};
        in.feed("some bytes");
        CHECK(in.cutter().broken() != nullptr);
        in.end();
        CHECK(in.lost == 1);
        CHECK(in.records.empty());
    }
}

TEST_CASE("a framing that never finds an end is held to its longest frame",
    "[input][frame_cutter][errors]")
{
    const auto never = [](std::string_view, std::size_t) { return Frame::more(); };
    Reading in{never, 50};
    in.feed(std::string(49, 'x'), 7);
    CHECK(in.cutter().broken() == nullptr);
    in.feed(std::string(10, 'x'), 7);
    CHECK(in.cutter().broken() != nullptr);
}

TEST_CASE("random frames in random reads are what was sent", "[input][frame_cutter]")
{
    const auto seed = GENERATE(range(1U, 20U));
    CAPTURE(seed);
    std::mt19937 random{seed};
    const auto upTo = [&random](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>{0, n}(random);
    };
    Records sent;
    std::string bytes;
    for (std::size_t n = upTo(200); n > 0; --n) {
        sent.emplace_back(upTo(upTo(10) == 0 ? 255 : 10), static_cast<char>('a' + upTo(25)));
        (bytes += static_cast<char>(sent.back().size())) += sent.back();
    }
    auto in = reading(lengthPrefixed({.bytes = 1}), 1 + upTo(300));
    for (std::string_view rest = bytes; !rest.empty();) {
        const auto size = std::min(rest.size(), 1 + upTo(40));
        in.feed(rest.substr(0, size));
        rest.remove_prefix(size);
        if (upTo(5) == 0) { in.cut(); }
    }
    in.end();
    CHECK(in.records == sent);
    CHECK(in.lost + in.refused() == 0);
}
