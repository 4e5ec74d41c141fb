#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/concepts.hpp> // FlatMapperOn, KeyValue
#include <sluice/algebra/flat_map.hpp> // detail::pushValues
#include <sluice/algebra/step_failure.hpp>
#include <sluice/algebra/transducer.hpp> // operator|

#include <concepts>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice {

template <class F>
class FlatMapValues;

namespace detail {
/// Passes values on, each behind one and the same key.
template <class Key, class Value, class Next>
class UnderKey {
public:
    constexpr UnderKey(const Key& key, Next& next) : key_{key}, next_{next} {}

    template <class V>
    constexpr void operator()(V&& value)
    {
        next_(std::pair<Key, Value>{key_, std::forward<V>(value)});
    }

private:
    const Key& key_;
    Next& next_;
};

/// What `flatMapValues` does with one record inside a fused loop.
template <class F, class Next>
class FlatMapValuesStep {
public:
    constexpr FlatMapValuesStep(const F& function, Next&& next)
        : function_{function}, next_{std::move(next)}
    {
    }

    template <class T>
    constexpr void operator()(T&& record)
    {
        using Op = FlatMapValues<F>;
        using Pair = typename Op::template Output<std::remove_cvref_t<T>>;
        using Key = typename Pair::first_type;
        auto&& key = keyOf(std::as_const(record));
        auto&& value = valueOf(std::forward<T>(record)); // what is made of it may refer to it
        decltype(auto) values =
            callOn<Op, Borrows<F>>(function_, std::forward<decltype(value)>(value));
        UnderKey<Key, typename Pair::second_type, Next> next{key, next_};
        pushValues<Op, decltype(values)>(values, next);
    }

    /// The partition is at its end; answers with the terminal's result.
    constexpr auto finish() { return next_.finish(); }

private:
    [[no_unique_address]] F function_;
    Next next_;
};
} // namespace detail

/// The transducer behind `flatMapValues(function)`.
template <class F>
class FlatMapValues {
    template <class T>
    static constexpr bool keyed = KeyValue<T>;
    template <class T>
    static constexpr bool copiesKeys = std::copy_constructible<KeyOf<T>>;

public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = false;
    static constexpr bool keepsKeys = true;
    static constexpr std::string_view name{"flatMapValues"};

    constexpr explicit FlatMapValues(F function) : function_{std::move(function)} {}

    template <class T>
    using Output = std::pair<KeyOf<T>,
        std::ranges::range_value_t<std::invoke_result_t<F&, const MappedOf<T>&>>>;

    template <class T>
    static constexpr bool accepts = [] {
        if constexpr (keyed<T>) {
            return copiesKeys<T> && FlatMapperOn<F, MappedOf<T>>;
        } else {
            return false;
        }
    }();

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!keyed<T>) {
            static_assert(keyed<T>,
                "sluice: flatMapValues(function): the records must be key and "
                "value, anything with the tuple protocol of size two, such as std::pair<K, V>");
        } else if constexpr (!copiesKeys<T>) {
            static_assert(copiesKeys<T>, "sluice: flatMapValues(function): the keys must be "
                                         "copyable, and their type can only be moved");
        } else {
            static_assert(accepts<T>, "sluice: flatMapValues(function): the function must be "
                                      "callable as Range(const V&)");
        }
    }

    template <class T>
    static constexpr detail::Lifetime lifetime(detail::Lifetime before)
    {
        return detail::lifetimeUnderKey<F, T, typename Output<T>::second_type>(before);
    }

    template <class Next>
    constexpr auto operator()(Next next) const -> detail::FlatMapValuesStep<F, Next>
    {
        return {function_, std::move(next)};
    }

private:
    [[no_unique_address]] F function_;
};

namespace detail {
struct FlatMapValuesFn {
    template <std::copy_constructible F>
    [[nodiscard]] constexpr auto operator()(F function) const -> FlatMapValues<F>
    {
        return FlatMapValues<F>{std::move(function)};
    }
};
} // namespace detail

/// Replaces each pair by one pair for each element of the range that `function` makes of its value,
/// all under the same key.
///
/// - **Types**: `DStream<pair<K, V>>`, or of other keyed records, to `DStream<pair<K, U>>`, `U` the
///   range's value type.
/// - **Takes**: `FlatMapperOn<V>`, called as `Range(const V&)`: any C++20 or range-v3 range, a
///   container or a view. Each task works on its own copy.
/// - **Shape**: narrow. Fuses as a nested loop; keeps partitions and the order of records.
/// - **Keys**: unchanged, and so is the partitioning; a key whose range is empty goes.
/// - **Empty**: an empty batch stays an empty batch.
/// - **Errors**: what `function` throws fails the task; see docs/errors.md for what follows.
/// - **Cost**: one call per record, one copy of the key per element.
/// - **Source**: Spark's `PairDStreamFunctions.flatMapValues`.
inline constexpr detail::FlatMapValuesFn flatMapValues{};

} // namespace sluice
