#include <sluice/algebra/text.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <random>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

using sluice::lines, sluice::splitBy, sluice::words;
using namespace std::string_view_literals;

namespace {
using Pieces = std::vector<std::string_view>;

constexpr bool gives(auto pieces, std::initializer_list<std::string_view> expected)
{
    return std::ranges::equal(pieces, expected);
}

static_assert(gives(words("to be\tor\r\nnot  to be "), {"to", "be", "or", "not", "to", "be"}));
static_assert(gives(words(" \t\n\v\f\r"), {}));
static_assert(gives(words(""), {}));
static_assert(gives(lines("a\nb\r\nc\rd"), {"a", "b", "c", "d"}));
static_assert(gives(lines("a\n\n\r\n\r\rb\n"), {"a", "", "", "", "", "b"}));
static_assert(gives(lines("\n"), {""}));
static_assert(gives(lines(""), {}));
static_assert(gives(splitBy(',')("a,,b,"), {"a", "", "b", ""}));
static_assert(gives(splitBy(',')(""), {""}));

constexpr std::size_t longest(std::string_view text)
{
    std::size_t most = 0;
    words(text).forEach([&](std::string_view word) { most = std::max(most, word.size()); });
    return most;
}
static_assert(longest("a bcd ef") == 3);

using Words = decltype(words(""));
static_assert(std::ranges::forward_range<Words> && std::ranges::borrowed_range<Words>);
static_assert(std::ranges::view<Words> && std::copyable<Words>);

// A text that dies with the call is refused; one that stays, or that is a view already, is taken.
using WordsFn = decltype(words);
static_assert(std::invocable<WordsFn, const std::string&> && std::invocable<WordsFn, std::string&>);
static_assert(std::invocable<WordsFn, std::string_view> && std::invocable<WordsFn, const char*>);
static_assert(!std::invocable<WordsFn, std::string> && !std::invocable<WordsFn, const std::string>);
static_assert(requires { typename WordsFn::SluiceBorrows; });

Pieces wordsByHand(std::string_view text)
{
    Pieces out;
    constexpr auto space = " \t\n\v\f\r"sv;
    for (std::size_t at = text.find_first_not_of(space); at != text.npos;) {
        std::size_t end = std::min(text.find_first_of(space, at), text.size());
        out.push_back(text.substr(at, end - at));
        at = text.find_first_not_of(space, end);
    }
    return out;
}

Pieces linesByHand(std::string_view text)
{
    Pieces out;
    while (!text.empty()) {
        std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
        out.push_back(text.substr(0, end));
        bool pair = text.substr(end, 2) == "\r\n";
        text.remove_prefix(std::min(text.size(), end + (pair ? 2 : 1)));
    }
    return out;
}

Pieces fieldsByHand(std::string_view text, char separator)
{
    Pieces out;
    for (std::size_t end = text.find(separator); end != text.npos; end = text.find(separator)) {
        out.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    out.push_back(text);
    return out;
}

template <class Masks, class Rule>
Pieces pushed(Rule rule, std::string_view text)
{
    Pieces out;
    auto sink = [&](std::string_view piece) { out.push_back(piece); };
    rule.template forEach<Masks>(text, sink);
    return out;
}

Pieces iterated(auto pieces)
{
    Pieces out;
    for (std::string_view piece : pieces) {
        out.push_back(piece);
    }
    return out;
}

/// Equal pieces at the same places.
void same(const Pieces& got, const Pieces& expected)
{
    REQUIRE(got == expected);
    for (std::size_t i = 0; i < got.size(); ++i) {
        REQUIRE(got[i].data() == expected[i].data());
    }
}

std::string randomText(std::mt19937& random, std::size_t size, std::string_view alphabet)
{
    std::string text(size, ' ');
    for (char& c : text) {
        c = alphabet[random() % alphabet.size()];
    }
    return text;
}

using namespace sluice::detail;
} // namespace

TEMPLATE_TEST_CASE("texts are cut the same way with every kind of compare masks", "[algebra][text]",
    PortableMasks, BestMasks)
{
    constexpr std::array alphabets{"ab \n"sv, "abcdefghijklmnopqrstuvw,"sv, "\r\n"sv, "a\r\n\n,"sv,
        "\0a, \xff\x80\x89\xa0\x8d\x0e\x08\x1f!"sv, "\t\n\v\f\r x"sv};
    std::mt19937 random{20240229};
    for (std::size_t round = 0; round < 3000; ++round) {
        std::size_t size = round < 600 ? round / 3 : random() % 400;
        std::string made = randomText(random, size, alphabets[round % alphabets.size()]);
        // A block of exactly this size, so that the address sanitizer sees a read past the text.
        auto memory = std::make_unique<char[]>(size);
        std::ranges::copy(made, memory.get());
        std::string_view text{memory.get(), size};
        CAPTURE(round, made);

        same(pushed<TestType>(WordRule{}, text), wordsByHand(text));
        same(iterated(words(text)), wordsByHand(text));
        same(pushed<TestType>(LineRule{}, text), linesByHand(text));
        same(iterated(lines(text)), linesByHand(text));
        for (char separator : {',', '\0', '\n'}) {
            FieldRule rule{OneByte{separator}};
            same(pushed<TestType>(rule, text), fieldsByHand(text, separator));
            same(iterated(splitBy(separator)(text)), fieldsByHand(text, separator));
        }
    }
}

TEMPLATE_TEST_CASE(
    "every byte is judged right in every lane", "[algebra][text]", PortableMasks, BestMasks)
{
    for (int value = 0; value < 256; ++value) {
        char byte = static_cast<char>(value);
        for (char around : {'a', ' ', '\x7f', '\x80', '\0', '\r'}) {
            for (std::size_t at = 0; at < 64; ++at) {
                std::string text(64, around);
                text[at] = byte;
                auto agree = [&](auto ends) {
                    std::uint64_t mask = TestType::of64(ends, text.data());
                    return ((mask >> at) & 1) == (ends(byte) ? 1U : 0U) &&
                           ((mask >> ((at + 1) % 64)) & 1) == (ends(around) ? 1U : 0U);
                };
                REQUIRE(agree(Spaces{}));
                REQUIRE(agree(LineEnds{}));
                REQUIRE(agree(OneByte{' '}));
                REQUIRE(agree(OneByte{'\0'}));
            }
        }
    }
}

TEST_CASE(
    "the pieces of a text are a forward range that outlives its view object", "[algebra][text]")
{
    std::string text = "one two three";
    auto second = std::ranges::next(words(text).begin());
    CHECK(*second == "two");
    CHECK(*second++ == "two");
    CHECK(*second == "three");
    CHECK(std::ranges::distance(words(text)) == 3);
    CHECK(std::ranges::find(words(text), "three") == second);
    CHECK(words(text).front() == "one");
    CHECK(words(" ").empty());
}

TEST_CASE("a string is split where it lies", "[algebra][text]")
{
    // [example]
    std::string text = "the quick brown fox";
    std::vector<std::size_t> lengths;
    for (std::string_view word : sluice::words(text)) {
        lengths.push_back(word.size());
    }
    CHECK(lengths == std::vector<std::size_t>{3, 5, 5, 3});
    // [example]
    CHECK((*words(text).begin()).data() == text.data());
}
