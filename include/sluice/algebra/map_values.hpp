#pragma once

#include <sluice/algebra/concepts.hpp> // KeyValue, MapperOn
#include <sluice/algebra/step_failure.hpp>
#include <sluice/algebra/transducer.hpp> // operator|

#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice {

template <class F>
class MapValues;

namespace detail {
/// What `mapValues` does with one record inside a fused loop.
template <class F, class Next>
class MapValuesStep {
public:
    constexpr MapValuesStep(const F& function, Next&& next)
        : function_{function}, next_{std::move(next)}
    {
    }

    template <class T>
    constexpr void operator()(T&& record)
    {
        using Op = MapValues<F>;
        next_(typename Op::template Output<std::remove_cvref_t<T>>{keyOf(std::forward<T>(record)),
            callOn<Op, Borrows<F>>(function_, valueOf(std::forward<T>(record)))});
    }

    /// The partition is at its end; answers with the terminal's result.
    constexpr auto finish() { return next_.finish(); }

private:
    [[no_unique_address]] F function_;
    Next next_;
};

template <class F, class T>
concept ValueMapperOn = KeyValue<T> && MapperOn<F, MappedOf<T>>;
} // namespace detail

/// The transducer behind `mapValues(function)`.
template <class F>
class MapValues {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = true;
    static constexpr bool keepsKeys = true;
    static constexpr std::string_view name{"mapValues"};

    constexpr explicit MapValues(F function) : function_{std::move(function)} {}

    template <class T>
    using Output =
        std::pair<KeyOf<T>, std::remove_cvref_t<std::invoke_result_t<F&, const MappedOf<T>&>>>;

    template <class T>
    static constexpr bool accepts = detail::ValueMapperOn<F, T>;

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!KeyValue<T>) {
            static_assert(accepts<T>,
                "sluice: mapValues(function): the records must be key and value, anything with the "
                "tuple protocol of size two, such as std::pair<K, V>");
        } else {
            static_assert(accepts<T>, "sluice: mapValues(function): the function must be callable "
                                      "as U(const V&), with a result");
        }
    }

    template <class T>
    static constexpr detail::Lifetime lifetime(detail::Lifetime before)
    {
        return detail::lifetimeUnderKey<F, T, typename Output<T>::second_type>(before);
    }

    template <class Next>
    constexpr auto operator()(Next next) const -> detail::MapValuesStep<F, Next>
    {
        return {function_, std::move(next)};
    }

private:
    [[no_unique_address]] F function_;
};

namespace detail {
struct MapValuesFn {
    template <std::copy_constructible F>
    [[nodiscard]] constexpr auto operator()(F function) const -> MapValues<F>
    {
        return MapValues<F>{std::move(function)};
    }
};
} // namespace detail

/// Replaces the value of each pair by what `function` makes of it; the key stays.
///
/// - **Types**: `DStream<pair<K, V>>`, or of other keyed records, to `DStream<pair<K, U>>`, `U` the
///   result without reference.
/// - **Takes**: `MapperOn<V>`, called as `U(const V&)`. Each task works on its own copy.
/// - **Shape**: narrow. Fuses; keeps partitions and the order of records.
/// - **Keys**: unchanged, and so is the partitioning.
/// - **Empty**: an empty batch stays an empty batch.
/// - **Errors**: what `function` throws fails the task; see docs/errors.md for what follows.
/// - **Cost**: one call per record, one copy of the key (a move where the chain made the record).
/// - **Source**: Spark's `PairDStreamFunctions.mapValues`.
inline constexpr detail::MapValuesFn mapValues{};

} // namespace sluice
