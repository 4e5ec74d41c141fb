#include <sluice/algebra/framing.hpp> // first, so that the header has to stand alone

#include <sluice/algebra/error.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

using namespace std::string_view_literals;
using sluice::delimitedBy, sluice::Frame, sluice::Framing, sluice::InvalidArgument;
using sluice::lengthPrefixed;
using Kind = Frame::Kind;

namespace {
struct TakesText {
    Frame operator()(std::string_view) const;
};
struct ChangesItself {
    Frame operator()(std::string_view, std::size_t);
};
static_assert(Framing<decltype(lengthPrefixed())>);
static_assert(Framing<decltype(delimitedBy('x'))>);
static_assert(Framing<Frame (*)(std::string_view, std::size_t)>);
static_assert(!Framing<TakesText>);
static_assert(!Framing<ChangesItself>); // it is asked twice for the same frame

// [example]
/// `5:hello,`: a decimal length, a colon, the bytes and a comma.
constexpr Frame netstring(std::string_view bytes, std::size_t /*seen*/)
{
    std::size_t length = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const char digit = bytes[i];
        if (digit == ':') {
            const std::size_t size = i + 1 + length + 1;
            return bytes.size() < size ? Frame::more(size) : Frame::whole(size, i + 1, 1);
        }
        if (digit < '0' || digit > '9' || i == 6) { return Frame::broken("no length"); }
        length = length * 10 + static_cast<std::size_t>(digit - '0');
    }
    return Frame::more();
}
// [example]

static_assert(Framing<decltype(&netstring)>);
static_assert(netstring("5:hello,0:,", 0).record("5:hello,0:,") == "hello");
static_assert(netstring("5:hel", 0).size() == 8);
static_assert(netstring("hello", 0).kind() == Kind::broken);
} // namespace

TEST_CASE("a length in front says where a frame ends", "[algebra][framing]")
{
    const auto text = "\0\0\0\3abcd"sv;
    const auto framing = lengthPrefixed();
    CHECK(framing(text.substr(0, 0), 0).kind() == Kind::more);
    CHECK(framing(text.substr(0, 3), 0).size() == 4); // ask again when the length is there
    CHECK(framing(text.substr(0, 4), 3).size() == 7);
    const Frame frame = framing(text, 4);
    REQUIRE(frame.kind() == Kind::whole);
    CHECK(frame.size() == 7);
    CHECK(frame.record(text) == "abc");
    CHECK(framing("\0\0\0\0"sv, 0).record("\0\0\0\0"sv).empty());
}

TEST_CASE("lengths have 1, 2, 4 or 8 bytes, the highest first", "[algebra][framing]")
{
    const std::string payload(258, 'x');
    CHECK(lengthPrefixed({.bytes = 1})("\2ab"sv, 0).size() == 3);
    CHECK(lengthPrefixed({.bytes = 2})("\1\2"sv, 0).size() == 2 + 258);
    CHECK(lengthPrefixed({.bytes = 4})("\0\0\1\2"sv, 0).size() == 4 + 258);
    CHECK(lengthPrefixed({.bytes = 8})("\0\0\0\0\0\0\1\2"sv, 0).size() == 8 + 258);
    for (const std::size_t bytes : {0U, 3U, 5U, 16U}) {
        CAPTURE(bytes);
        CHECK_THROWS_AS(lengthPrefixed({.bytes = bytes}), InvalidArgument);
    }
}

TEST_CASE("a length that lies breaks the stream", "[algebra][framing][errors]")
{
    CHECK(lengthPrefixed({.maxFrame = 10})("\0\0\0\12"sv, 0).kind() == Kind::more);
    CHECK(lengthPrefixed({.maxFrame = 10})("\0\0\0\13"sv, 0).kind() == Kind::broken);
    CHECK(lengthPrefixed()("\x80\0\0\0"sv, 0).kind() == Kind::broken); // negative
    CHECK(lengthPrefixed()("\xFF\xFF\xFF\xFF"sv, 0).kind() == Kind::broken);
    const auto eight = lengthPrefixed({.bytes = 8});
    CHECK(eight("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv, 0).kind() == Kind::broken);
}

TEST_CASE("a delimiter says where a frame ends", "[algebra][framing]")
{
    const auto text = "one;;two;;"sv;
    const auto framing = delimitedBy(";;");
    CHECK(framing("", 0).kind() == Kind::more);
    CHECK(framing("one;", 3).kind() == Kind::more);
    CHECK(framing("one;;", 4).size() == 5); // half of it had been seen
    CHECK(framing(text, 0).record(text) == "one");
    CHECK(delimitedBy('\0')("\0b\0"sv, 0).size() == 1);
}

TEST_CASE("a record beyond the limit is skipped up to its delimiter", "[algebra][framing][errors]")
{
    const auto framing = delimitedBy("--", {.maxFrame = 3});
    CHECK(framing("abc--", 0).kind() == Kind::whole);
    CHECK(framing("abc-", 0).kind() == Kind::more); // the other half may come
    CHECK(framing("abcd-", 0).kind() == Kind::skip);
    CHECK(framing("abcd-", 0).size() == 4); // the half delimiter stays
    CHECK(framing("abcd--", 0).size() == 4);
}

TEST_CASE("what framings do not take is refused at the call", "[algebra][framing][errors]")
{
    constexpr auto most = std::numeric_limits<std::size_t>::max();
    CHECK_THROWS_WITH(lengthPrefixed({.bytes = 3}),
        "sluice: lengthPrefixed: bytes is 3, and must be 1, 2, 4 or 8");
    CHECK_THROWS_AS(lengthPrefixed({.maxFrame = 0}), InvalidArgument);
    CHECK_THROWS_AS(lengthPrefixed({.maxFrame = most}), InvalidArgument);
    CHECK_THROWS_AS(delimitedBy('x', {.maxFrame = 0}), InvalidArgument);
    CHECK_THROWS_WITH(delimitedBy(""),
        "sluice: delimitedBy(delimiter): the delimiter is empty, and must have a byte or more");
}

TEST_CASE("a frame fits where it and its record lie within the bytes", "[algebra][framing]")
{
    CHECK(Frame::whole(3, 1, 2).fits("abc"));
    CHECK_FALSE(Frame::whole(0).fits("abc"));
    CHECK_FALSE(Frame::whole(4).fits("abc"));
    CHECK_FALSE(Frame::whole(3, 2, 2).fits("abc"));
    CHECK_FALSE(Frame::whole(3, 4).fits("abc"));
    constexpr auto most = std::numeric_limits<std::size_t>::max();
    CHECK_FALSE(Frame::whole(3, most, most).fits("abc"));
}
