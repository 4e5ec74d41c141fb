#include <sluice/algebra/arena.hpp>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using sluice::Arena;

static_assert(!std::is_copy_constructible_v<Arena> && std::is_nothrow_move_assignable_v<Arena>);

TEST_CASE("an arena keeps a copy of the bytes", "[algebra][arena]")
{
    Arena arena;
    std::string text{"text"};
    std::string_view kept = arena.keep(text);
    text = "gone";
    CHECK(kept == "text");
    CHECK(arena.keep("").empty());
}

TEST_CASE(
    "what an arena keeps stays where it is, whatever the arena keeps later", "[algebra][arena]")
{
    sluice::test::Random random;
    CAPTURE(random.seed());
    Arena arena;
    std::vector<std::string> texts;
    std::vector<std::string_view> kept;
    for (int i = 0; i < 2000; ++i) {
        texts.push_back(random.text(random.below(50) == 0 ? 5000 : 40));
        kept.push_back(arena.keep(texts.back()));
    }
    CHECK(std::vector<std::string_view>(texts.begin(), texts.end()) == kept);
}

TEST_CASE("a moved arena keeps its views valid and leaves an empty one", "[algebra][arena]")
{
    Arena first;
    std::string_view kept = first.keep("kept");
    Arena second{std::move(first)};
    CHECK(kept == "kept");
    CHECK(first.capacity() == 0); // NOLINT(bugprone-use-after-move): that is what is tested
    CHECK(first.keep("again") == "again");

    second = std::move(first);
    CHECK(second.keep("more") == "more");
    CHECK(second.capacity() > 0);
}

TEST_CASE("an arena takes bytes of any size", "[algebra][arena]")
{
    Arena arena;
    for (std::size_t size : {std::size_t{1}, std::size_t{1023}, std::size_t{1025},
             std::size_t{3} << 20U, std::size_t{10}}) {
        CHECK(arena.keep(std::string(size, 'x')) == std::string(size, 'x'));
    }
}

TEST_CASE("a cleared arena uses its memory again", "[algebra][arena]")
{
    Arena arena;
    auto fill = [&arena] {
        for (int i = 0; i < 1000; ++i) {
            CHECK(arena.keep("0123456789") == "0123456789");
        }
    };
    fill();
    const std::size_t capacity = arena.capacity();
    for (int batch = 0; batch < 5; ++batch) {
        arena.clear();
        fill();
    }
    CHECK(arena.capacity() == capacity);
}

TEST_CASE("an arena allocates for chunks, not for records", "[algebra][arena]")
{
    Arena arena;
    std::size_t allocated = sluice::test::allocationsOf([&arena] {
        for (int i = 0; i < 100'000; ++i) {
            static_cast<void>(arena.keep("0123456789"));
        }
    });
    CHECK(allocated <= 40);
}
