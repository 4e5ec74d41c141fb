#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/concepts.hpp>   // KeyValue
#include <sluice/algebra/transducer.hpp> // operator|

#include <cstddef>
#include <string_view>
#include <utility>

namespace sluice {

namespace detail {
/// What takes the records of a chain: a step, or the terminal.
template <class Next>
concept Consumer = requires(Next& next) { next.finish(); };

/// What `keys` and `values` do with one record inside a fused loop.
template <std::size_t i, class Next>
class HalfStep {
public:
    constexpr explicit HalfStep(Next&& next) : next_{std::move(next)} {}

    template <class Pair>
    constexpr void operator()(Pair&& record)
    {
        if constexpr (i == 0) {
            next_(keyOf(std::forward<Pair>(record)));
        } else {
            next_(valueOf(std::forward<Pair>(record)));
        }
    }

    /// The partition is at its end; answers with the terminal's result.
    constexpr auto finish() { return next_.finish(); }

private:
    Next next_;
};
} // namespace detail

/// The function and the transducer behind `keys` and `values`: called with a pair it is the one,
/// with a consumer the other.
template <std::size_t i>
class Half {
public:
    using SluiceBorrows = void;
    using SluiceProjects = void;
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{i == 0 ? "keys" : "values"};

    template <class T>
    using Output = std::conditional_t<i == 0, KeyOf<T>, MappedOf<T>>;

    template <class T>
    static constexpr bool accepts = KeyValue<T>;

    template <class T>
    static consteval void refuse()
    {
        static_assert(accepts<T>,
            "sluice: keys, values: the records must be key and value, anything with "
            "the tuple protocol of size two, such as std::pair<K, V>");
    }

    template <class T>
    static constexpr detail::Lifetime lifetime(detail::Lifetime before)
    {
        return detail::lifetimeAfter<Half, T, const Output<T>&>(before);
    }

    template <KeyValue Pair>
    [[nodiscard]] constexpr decltype(auto) operator()(const Pair& pair) const
        noexcept(detail::isPair<Pair>)
    {
        if constexpr (i == 0) {
            return detail::keyOf(pair);
        } else {
            return detail::valueOf(pair);
        }
    }

    template <detail::Consumer Next>
    constexpr auto operator()(Next next) const -> detail::HalfStep<i, Next>
    {
        return detail::HalfStep<i, Next>{std::move(next)};
    }
};

/// The key of each pair: `stream | keys` is a stream of the keys alone, and so is `map(keys)`.
///
/// - **Types**: `DStream<pair<K, V>>`, or of other keyed records, to `DStream<K>`.
/// - **Takes**: nothing. It is a function too, `const K&(const pair<K, V>&)`, wherever one is
///   asked for.
/// - **Shape**: narrow. Fuses; keeps partitions and the order of records.
/// - **Empty**: an empty batch stays an empty batch.
/// - **Cost**: no copy until the key is kept, and none at all of pairs that the chain made (as a
///   function it only shows the key); it borrows, so that views in it are kept as they are.
/// - **Source**: Spark's `RDD.keys`.
inline constexpr Half<0> keys{};

/// The value of each pair: `stream | values` is a stream of the values alone, and so is
/// `map(values)`.
///
/// - **Types**: `DStream<pair<K, V>>`, or of other keyed records, to `DStream<V>`.
/// - **Takes**: nothing. It is a function too, `const V&(const pair<K, V>&)`, wherever one is
///   asked for.
/// - **Shape**: narrow. Fuses; keeps partitions and the order of records.
/// - **Empty**: an empty batch stays an empty batch.
/// - **Cost**: no copy until the value is kept, and none at all of pairs that the chain made (as a
///   function it only shows the value); it borrows, so that views in it are kept as they are.
/// - **Source**: Spark's `RDD.values`.
inline constexpr Half<1> values{};

} // namespace sluice
