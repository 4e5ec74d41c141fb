#include <sluice/storage/serde.hpp>

#include <sluice/storage/block.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

using sluice::Reader, sluice::Serde, sluice::Serializable, sluice::Writer;
using sluice::test::Random;

namespace {
enum class Color : std::uint8_t { red, green };
enum class Flag : bool { down, up };
enum Loose { tight, loose };

struct Empty {
    friend bool operator==(Empty, Empty) = default;
};

struct Order {
    std::uint64_t id;
    std::string customer;
    std::vector<std::pair<std::string, double>> lines;
    std::optional<Color> color;
    std::array<std::int16_t, 3> size;
    std::chrono::sys_time<std::chrono::milliseconds> placed;
    std::variant<std::monostate, int, std::string> note;
    Empty nothing;

    friend bool operator==(const Order&, const Order&) = default;
};

/// GCC 12 crashes where PFR counts its fields.
struct Named {
    std::array<std::string, 2> names;
    std::array<std::optional<int>, 2> numbers;
    friend bool operator==(const Named&, const Named&) = default;
};

struct WithArray {
    int numbers[3];
};
struct Derived : Empty {
    int x;
};
struct WithPointer {
    int* x;
};

/// A class that says itself how it is written, and holds others of its kind.
class Tree {
public:
    explicit Tree(int value, std::vector<Tree> children = {})
        : value_{value}, children_{std::move(children)}
    {
    }
    int value() const { return value_; }
    const std::vector<Tree>& children() const { return children_; }
    friend bool operator==(const Tree& a, const Tree& b)
    {
        return a.value_ == b.value_ && a.children_ == b.children_;
    }

private:
    int value_;
    std::vector<Tree> children_;
};

/// One that holds one of its kind at most.
struct Chain {
    std::shared_ptr<Chain> next;
};

/// A class that writes nothing, against what `Serde` asks for.
class Silent {};
} // namespace

// [example]
template <>
struct sluice::Serde<Tree> {
    static constexpr std::string_view name{"Tree 1"}; // another for another format
    static void write(Writer& out, const Tree& tree)
    {
        out.number(tree.value());
        Serde<std::vector<Tree>>::write(out, tree.children());
    }
    static Tree read(Reader& in)
    {
        const int value = in.number<int>();
        return Tree{value, Serde<std::vector<Tree>>::read(in)};
    }
};
// [example]

template <>
struct sluice::Serde<Chain> {
    static constexpr std::string_view name{"Chain"};
    static void write(Writer& out, const Chain& chain)
    {
        Serde<std::optional<Chain>>::write(
            out, chain.next ? std::optional{*chain.next} : std::nullopt);
    }
    static Chain read(Reader& in)
    {
        auto next = Serde<std::optional<Chain>>::read(in);
        return Chain{next ? std::make_shared<Chain>(*std::move(next)) : nullptr};
    }
};

template <>
struct sluice::Serde<Silent> {
    static constexpr std::string_view name{"Silent"};
    static void write(Writer&, Silent) {}
    static Silent read(Reader&) { return {}; }
};

namespace {
static_assert(Serializable<int> && Serializable<double> && Serializable<char16_t>);
static_assert(Serializable<std::byte> && Serializable<Color> && Serializable<Flag>);
static_assert(!Serializable<Loose>); // any number could be read into one that has no place for it
static_assert(!Serializable<long double>);
static_assert(Serializable<std::string> && Serializable<std::string_view>);
static_assert(Serializable<std::vector<bool>> && Serializable<std::deque<std::list<int>>>);
static_assert(Serializable<std::map<std::string, std::set<int>>>);
static_assert(Serializable<std::unordered_map<int, std::unordered_multiset<long>>>);
static_assert(Serializable<Order> && Serializable<Empty> && Serializable<std::tuple<>>);
static_assert(Serializable<Tree> && Serializable<std::vector<std::optional<Tree>>>);
static_assert(!Serializable<WithArray> && !Serializable<Derived> && !Serializable<WithPointer>);
static_assert(!Serializable<int*> && !Serializable<std::unique_ptr<int>>);
static_assert(!Serializable<std::span<const int>> && !Serializable<std::pair<int, int*>>);
static_assert(!Serializable<std::variant<int, int*>> && !Serializable<std::vector<WithArray>>);

template <class T>
std::string written(const T& value)
{
    std::string bytes;
    Writer out{bytes};
    Serde<T>::write(out, value);
    return bytes;
}

template <class T>
T readAll(std::string_view bytes)
{
    Reader in{bytes};
    T value = Serde<T>::read(in);
    CHECK(in.left() == 0);
    return value;
}

template <class T>
void checkRoundTrip(const T& value)
{
    const std::string bytes = written(value);
    CHECK(bytes.size() >= sluice::detail::minimumBytes<T>());
    CHECK(readAll<T>(bytes) == value);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        Reader in{std::string_view{bytes}.substr(0, size)};
        CHECK_THROWS_AS(Serde<T>::read(in), sluice::Error);
    }
}

Order randomOrder(Random& random)
{
    Order order{};
    order.id = random.below(1'000'000'000);
    order.customer = random.text(20);
    for (std::size_t i = random.below(5); i > 0; --i) {
        order.lines.emplace_back(random.text(10), 0.25 * random.number());
    }
    if (random.below(2) == 0) { order.color = Color::green; }
    order.size = {static_cast<std::int16_t>(random.number()), 0, -1};
    order.placed += std::chrono::milliseconds{random.number()};
    if (random.below(3) == 0) { order.note = random.number(); }
    if (random.below(3) == 0) { order.note = random.text(5); }
    return order;
}
} // namespace

TEST_CASE("a Serde writes numbers in the same bytes on every machine", "[storage][serde]")
{
    CHECK(written(std::uint32_t{0x01020304}) == "\4\3\2\1");
    CHECK(written(std::int16_t{-2}) == "\xFE\xFF");
    CHECK(written(1.0) == std::string{"\0\0\0\0\0\0\xF0\x3F", 8});
    CHECK(written(std::string{"ab"}) == std::string{"\2\0\0\0ab", 6});
    CHECK(written(std::vector<std::uint16_t>{1, 2}) == std::string{"\2\0\0\0\1\0\2\0", 8});
    CHECK(written(std::optional<bool>{true}) == "\1\1");
}

TEST_CASE("a Serde reads what it wrote", "[storage][serde]")
{
    checkRoundTrip(std::numeric_limits<std::int64_t>::min());
    checkRoundTrip('x');
    checkRoundTrip(-0.5F);
    checkRoundTrip(true);
    checkRoundTrip(Color::green);
    checkRoundTrip(Flag::up);
    checkRoundTrip(std::string{});
    checkRoundTrip(std::string("a\0b", 3));
    checkRoundTrip(std::vector<bool>{true, false, true});
    checkRoundTrip(std::vector<Color>{Color::red, Color::green});
    checkRoundTrip(std::vector<Empty>(3));
    checkRoundTrip(std::vector<std::vector<int>>{{1}, {}, {2, 3}});
    checkRoundTrip(std::deque<std::list<int>>{{1}, {}, {2, 3}});
    checkRoundTrip(std::map<std::string, std::set<int>>{{"a", {1, 2}}, {"b", {}}});
    checkRoundTrip(std::multimap<int, int>{{1, 2}, {1, 3}});
    checkRoundTrip(std::unordered_map<int, std::string>{{1, "a"}, {2, "b"}});
    checkRoundTrip(std::array<std::string, 2>{"a", "bc"});
    checkRoundTrip(std::array<double, 2>{1, 2});
    checkRoundTrip(std::array<int, 0>{});
    checkRoundTrip(std::tuple<int, std::string, char>{1, "a", 'b'});
    checkRoundTrip(std::tuple<>{});
    checkRoundTrip(std::optional<std::string>{});
    checkRoundTrip(std::optional<std::string>{"a"});
    checkRoundTrip(std::variant<int, std::string>{"a"});
    checkRoundTrip(std::variant<std::monostate, int>{});
    checkRoundTrip(std::chrono::seconds{-5});
    checkRoundTrip(Empty{});
    checkRoundTrip(Named{{"a", ""}, {1, {}}});
    checkRoundTrip(Tree{1, {Tree{2}, Tree{3, {Tree{4}}}}});
    Random random;
    CAPTURE(random.seed());
    for (int i = 0; i < 50; ++i) {
        checkRoundTrip(randomOrder(random));
    }
}

TEST_CASE("views are read into the bytes that are there", "[storage][serde]")
{
    const std::string bytes = written(std::string{"seen"});
    const auto view = readAll<std::string_view>(bytes);
    CHECK(view == "seen");
    CHECK(static_cast<const void*>(view.data()) == bytes.data() + 4);
    CHECK(written(std::string_view{"seen"}) == bytes);
}

TEST_CASE("no length is trusted", "[storage][serde][errors]")
{
    using namespace Catch::Matchers;
    const std::string huge = "\xFF\xFF\xFF\xFF rest";
    CHECK_THROWS_WITH(readAll<std::string>(huge),
        "sluice: the bytes announce 4294967295 elements of at least 1 bytes each, and 5 bytes are "
        "left");
    CHECK_THROWS_AS(readAll<std::vector<Empty>>(huge), sluice::Error);
    CHECK_THROWS_AS((readAll<std::vector<std::array<int, 0>>>(huge)), sluice::Error);
    CHECK_THROWS_AS(readAll<std::vector<std::tuple<>>>(huge), sluice::Error);
    CHECK_THROWS_AS(readAll<std::vector<std::monostate>>(huge), sluice::Error);
    CHECK_THROWS_AS(readAll<std::vector<Silent>>(huge), sluice::Error);
    CHECK_THROWS_AS((readAll<std::map<std::string, int>>(huge)), sluice::Error);
    CHECK_THROWS_AS(readAll<std::vector<std::vector<int>>>(huge), sluice::Error);
}

TEST_CASE("bytes that are no value of the type are refused", "[storage][serde][errors]")
{
    CHECK_THROWS_WITH(readAll<bool>("\2"), "sluice: a bool is neither 0 nor 1");
    CHECK_THROWS_AS(readAll<Flag>("\2"), sluice::Error);
    CHECK_THROWS_AS(readAll<std::optional<int>>("\2\0\0\0\0"), sluice::Error);
    CHECK_THROWS_AS((readAll<std::variant<int, char>>("\2\0")), sluice::Error);
    CHECK_THROWS_AS(readAll<Empty>("\1"), sluice::Error);
    CHECK_THROWS_AS(readAll<std::set<char>>(std::string{"\2\0\0\0aa", 6}), sluice::Error);
    CHECK_THROWS_WITH(
        readAll<std::string>("\5"), "sluice: the bytes end too early: 4 wanted, 1 left");
    try {
        (void)readAll<bool>("\2");
    } catch (const sluice::Error& error) {
        CHECK(error.code() == sluice::ErrorCode::badInput);
    }
}

TEST_CASE(
    "values nested without end are refused before the stack is full", "[storage][serde][errors]")
{
    std::string deep;
    for (int i = 0; i < 1'000'000; ++i) {
        deep += std::string{"\0\0\0\0\1\0\0\0", 8};
    }
    deep += std::string(8, '\0');
    CHECK_THROWS_WITH(readAll<Tree>(deep), "sluice: values are nested more than 100 levels deep");
    CHECK(readAll<Chain>(std::string(90, '\1') + '\0').next != nullptr);
    CHECK_THROWS_WITH(readAll<Chain>(std::string(1'000'000, '\1') + '\0'),
        "sluice: values are nested more than 100 levels deep");
}

TEST_CASE("a Serde that writes nothing is found out when it writes", "[storage][serde][errors]")
{
    CHECK_THROWS_AS(written(std::vector<Silent>(2)), sluice::IllegalState);
    CHECK(written(std::vector<Silent>{}).size() == 4);
}

TEST_CASE("types have the same format where they are written alike", "[storage][serde]")
{
    using sluice::detail::formatOf;
    CHECK(formatOf<std::string>() == formatOf<std::string_view>());
    CHECK(formatOf<std::pair<int, char>>() == formatOf<std::tuple<int, char>>());
    CHECK(formatOf<std::vector<int>>() == formatOf<std::set<int>>());
    CHECK(formatOf<long long>() == formatOf<std::int64_t>());
    CHECK(formatOf<int>() != formatOf<unsigned>());
    CHECK(formatOf<int>() != formatOf<float>());
    CHECK(formatOf<std::array<int, 2>>() != formatOf<std::array<int, 3>>());
    CHECK(formatOf<std::pair<int, char>>() != formatOf<std::pair<char, int>>());
    CHECK(formatOf<std::chrono::seconds>() != formatOf<std::chrono::milliseconds>());
    CHECK(formatOf<std::tuple<std::tuple<int>, int>>() !=
          formatOf<std::tuple<int, std::tuple<int>>>());
    CHECK(formatOf<Tree>() == formatOf("Tree 1"));
    CHECK(formatOf<Silent>() != formatOf<Tree>());
    CHECK(formatOf<Chain>() != formatOf<Tree>());
    // What is written must be readable by later versions.
    CHECK(formatOf<std::int32_t>() == 0x4A57846D5A74937A);
    CHECK(formatOf<std::pair<std::string, std::int64_t>>() == 0x8FB7AD483BE18A38);
}
