#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/concepts.hpp>   // KeyValue
#include <sluice/algebra/transducer.hpp> // operator|

#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice {

namespace detail {
/// What `swap` does with one record inside a fused loop.
template <class Next>
class SwapStep {
public:
    constexpr explicit SwapStep(Next&& next) : next_{std::move(next)} {}

    template <class T>
    constexpr void operator()(T&& record)
    {
        using Record = std::remove_cvref_t<T>;
        next_(std::pair<MappedOf<Record>, KeyOf<Record>>{
            valueOf(std::forward<T>(record)), keyOf(std::forward<T>(record))});
    }

    /// The partition is at its end; answers with the terminal's result.
    constexpr auto finish() { return next_.finish(); }

private:
    Next next_;
};
} // namespace detail

/// The transducer behind `swap`.
class Swap {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"swap"};

    template <class T>
    using Output = std::pair<MappedOf<T>, KeyOf<T>>;

    template <class T>
    static constexpr bool accepts = KeyValue<T>;

    template <class T>
    static consteval void refuse()
    {
        static_assert(accepts<T>, "sluice: swap: the records must be key and value, anything with "
                                  "the tuple protocol of size two, such as std::pair<K, V>");
    }

    template <class T>
    static constexpr detail::Lifetime lifetime(detail::Lifetime before)
    {
        return detail::lifetimeInPair<T>(before);
    }

    template <class Next>
    constexpr auto operator()(Next next) const -> detail::SwapStep<Next>
    {
        return detail::SwapStep<Next>{std::move(next)};
    }
};

/// Makes the key of each pair its value and the value its key.
///
/// - **Types**: `DStream<pair<A, B>>`, or of other keyed records, to `DStream<pair<B, A>>`.
/// - **Takes**: nothing: `stream | swap`.
/// - **Shape**: narrow. Fuses; keeps partitions and the order of records.
/// - **Keys**: the former values; where they live is no longer known of them.
/// - **Empty**: an empty batch stays an empty batch.
/// - **Cost**: one copy of both halves (a move where the chain made the record).
/// - **Source**: Scala's `Tuple2.swap`, as in Spark's `map(_.swap)`.
inline constexpr Swap swap{};

} // namespace sluice
