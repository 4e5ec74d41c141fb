#include <sluice/algebra/owning.hpp>

#include <sluice/algebra/detail/repoint.hpp>

#include "support/catch.hpp"

#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

using sluice::Owning, sluice::detail::keepable;

namespace {
using View = std::string_view;

enum class Colour { red };
struct Empty {};
struct Plain {
    std::string name;
    std::pair<int, std::array<double, 2>> numbers;
    std::vector<std::map<std::string, int>> more;
};
struct Nested {
    Plain plain;
    int last;
};
struct Bits {
    unsigned low : 3;
    unsigned high : 5;
    std::string text;
};
struct Derived : Plain {
    int more;
};
struct Arrays {
    char text[16];
    int matrix[2][3];
};
struct TooMany {
    char text[100];
};
struct MoveOnly {
    std::unique_ptr<int> box;
};
struct ConstMember {
    const std::string text;
};

struct Viewing {
    int number;
    View text;
};
struct DeepViewing {
    int number;
    Viewing inner;
    std::optional<View> maybe;
};
struct ViewLast {
    Nested first;
    View last;
};
struct Pointing {
    const char* text;
};
struct Referring {
    const std::string& text;
    int number;
};
struct ReferringTwice {
    Referring inner;
};
struct RvalueReferring {
    std::string&& text;
};
struct LvalueReferring {
    std::string& text;
};
struct ViewingBase : Viewing {
    int more;
};
struct ViewArray {
    int number;
    View texts[2];
};
union Either {
    int number;
    const char* text;
};
struct WithUnion {
    int kind;
    Either either;
};
struct Spanning {
    std::span<const int> numbers;
};
class Private {
    [[maybe_unused]] int number_ = 0;
};
struct Closed {
    int kept;
    Private inside;
};
struct NoOpDelete {
    void operator()(const int*) const {}
};
} // namespace

namespace {
static_assert(Owning<int> && Owning<const double> && Owning<bool> && Owning<Colour>);
static_assert(Owning<std::string> && Owning<std::vector<std::string>> && Owning<std::deque<int>>);
static_assert(Owning<std::map<std::string, std::vector<int>>>);
static_assert(Owning<std::unordered_map<int, std::string>> && Owning<std::vector<bool>>);
static_assert(Owning<std::pair<int, std::string>> && Owning<std::tuple<>>);
static_assert(Owning<std::tuple<int, std::optional<std::string>, std::array<char, 3>>>);
static_assert(Owning<std::variant<std::monostate, int, std::string>>);
static_assert(Owning<std::unique_ptr<int>> && Owning<std::shared_ptr<const std::string>>);
static_assert(Owning<std::chrono::seconds> && Owning<std::chrono::system_clock::time_point>);

static_assert(!Owning<View> && !Owning<const char*> && !Owning<std::span<int>>);
static_assert(!Owning<std::reference_wrapper<int>> && !Owning<std::function<int()>>);
static_assert(!Owning<std::vector<View>> && !Owning<std::map<View, int>>);
static_assert(!Owning<std::map<int, View>> && !Owning<std::shared_ptr<View>>);
static_assert(!Owning<std::pair<int, View>> && !Owning<std::tuple<int, std::optional<View>>>);
static_assert(!Owning<std::variant<int, View>> && !Owning<std::array<View, 2>>);
static_assert(!Owning<std::vector<bool>::reference> && !Owning<std::vector<int>::iterator>);
static_assert(!Owning<std::pmr::string> && !Owning<std::pmr::vector<int>>); // of the resource
static_assert(!Owning<std::unique_ptr<int, NoOpDelete>>);                   // of somebody else

// Aggregates are looked into, whatever they are made of.
static_assert(Owning<Empty> && Owning<Plain> && Owning<Nested> && Owning<Bits> && Owning<Derived>);
static_assert(Owning<Arrays> && Owning<MoveOnly> && Owning<ConstMember>);
static_assert(!Owning<Viewing> && !Owning<DeepViewing> && !Owning<ViewLast> && !Owning<Pointing>);
static_assert(!Owning<Referring> && !Owning<ReferringTwice> && !Owning<RvalueReferring>);
static_assert(!Owning<LvalueReferring> && !Owning<ViewingBase> && !Owning<ViewArray>);
static_assert(!Owning<Either> && !Owning<WithUnion> && !Owning<Spanning>);
static_assert(!Owning<Private> && !Owning<Closed>); // cannot be looked into
static_assert(!Owning<TooMany>);                    // has more members than one asks about

// What a boundary can keep by copying the bytes.
static_assert(keepable<View> && keepable<std::pair<View, int>> && keepable<std::tuple<View, View>>);
static_assert(keepable<std::optional<View>> && keepable<std::array<View, 2>>);
static_assert(keepable<Viewing> && keepable<DeepViewing> && keepable<ViewLast>);
static_assert(keepable<Plain> && keepable<Bits> && keepable<Derived> && keepable<Arrays>);
static_assert(!keepable<const char*> && !keepable<std::span<const char>> && !keepable<Pointing>);
static_assert(!keepable<std::wstring_view> && !keepable<std::vector<View>>);
static_assert(!keepable<ViewingBase> && !keepable<ViewArray> && !keepable<Referring>);
static_assert(!keepable<WithUnion> && !keepable<std::pair<const View, int>>);
} // namespace

TEST_CASE("repoint copies the bytes under every view of a record", "[algebra][owning]")
{
    sluice::Arena arena;
    std::string text{"text"};
    DeepViewing record{1, {2, text}, View{text}.substr(2)};
    std::tuple<std::array<View, 2>, std::optional<View>, std::string> tuple{
        {View{text}, View{}}, std::nullopt, text};
    sluice::detail::repoint(record, arena);
    sluice::detail::repoint(tuple, arena);
    text = "gone";
    CHECK(record.number == 1);
    CHECK(record.inner.text == "text");
    CHECK(record.maybe == "xt");
    CHECK(std::get<0>(tuple)[0] == "text");
    CHECK(std::get<0>(tuple)[1].empty());
    CHECK(!std::get<1>(tuple));
}
