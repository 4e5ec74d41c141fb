#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/concepts.hpp> // MapperOn
#include <sluice/algebra/owning.hpp>
#include <sluice/algebra/step_failure.hpp>
#include <sluice/algebra/transducer.hpp> // operator|

#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice {

template <class F>
class KeyBy;

namespace detail {
/// What `keyBy` does with one record inside a fused loop.
template <class F, class Next>
class KeyByStep {
public:
    constexpr KeyByStep(const F& function, Next&& next)
        : function_{function}, next_{std::move(next)}
    {
    }

    template <class T>
    constexpr void operator()(T&& record)
    {
        using Pair = typename KeyBy<F>::template Output<std::remove_cvref_t<T>>;
        if constexpr (Owning<typename Pair::first_type>) {
            next_(Pair{call<KeyBy<F>>(function_, std::as_const(record)), std::forward<T>(record)});
        } else {
            // The key may point into the record, and stay right only while that stays as it is.
            next_(Pair{call<KeyBy<F>>(function_, std::as_const(record)), std::as_const(record)});
        }
    }

    /// The partition is at its end; answers with the terminal's result.
    constexpr auto finish() { return next_.finish(); }

private:
    [[no_unique_address]] F function_;
    Next next_;
};
} // namespace detail

/// The transducer behind `keyBy(function)`.
template <class F>
class KeyBy {
    template <class T>
    static constexpr bool makesKeys = MapperOn<F, T>;

public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"keyBy"};

    constexpr explicit KeyBy(F function) : function_{std::move(function)} {}

    template <class T>
    using Output = std::pair<std::remove_cvref_t<std::invoke_result_t<F&, const T&>>, T>;

    template <class T>
    static constexpr bool accepts = makesKeys<T> && std::copy_constructible<T>;

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!makesKeys<T>) {
            static_assert(makesKeys<T>, "sluice: keyBy(function): the function must be callable as "
                                        "K(const T&), with a result");
        } else {
            static_assert(accepts<T>, "sluice: keyBy(function): the records must be copyable, and "
                                      "their type can only be moved");
        }
    }

    template <class T>
    static constexpr detail::Lifetime lifetime(detail::Lifetime before)
    {
        return detail::lifetimeBeside<F, T, typename Output<T>::first_type>(before);
    }

    template <class Next>
    constexpr auto operator()(Next next) const -> detail::KeyByStep<F, Next>
    {
        return {function_, std::move(next)};
    }

private:
    [[no_unique_address]] F function_;
};

namespace detail {
struct KeyByFn {
    template <std::copy_constructible F>
    [[nodiscard]] constexpr auto operator()(F function) const -> KeyBy<F>
    {
        return KeyBy<F>{std::move(function)};
    }
};
} // namespace detail

/// Puts before each record the key that `function` makes of it.
///
/// - **Types**: `DStream<T>` to `DStream<pair<K, T>>`, `K` the result without reference.
/// - **Takes**: `MapperOn<T>`, called as `K(const T&)`; a pointer to a member works. Each task
///   works on its own copy.
/// - **Shape**: narrow. Fuses; keeps partitions and the order of records.
/// - **Keys**: what `function` returns; a view of the record may be one.
/// - **Empty**: an empty batch stays an empty batch.
/// - **Errors**: what `function` throws fails the task; see docs/errors.md for what follows.
/// - **Cost**: one call and one copy of the record (a move where the chain made it and the key
///   holds no views).
/// - **Source**: Spark's `RDD.keyBy`.
inline constexpr detail::KeyByFn keyBy{};

} // namespace sluice
