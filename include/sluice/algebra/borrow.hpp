#pragma once

#include <sluice/algebra/keyed.hpp>
#include <sluice/algebra/owning.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sluice {

/// `F` is known to borrow: views in what it returns point only into its argument, or to where views
/// in its argument point.
///
/// True for pointers to data members, for `words`, `lines`, `splitBy(c)`, `keys` and `values`, and
/// for what `borrows(f)` returns.
template <class F>
inline constexpr bool Borrows =
    std::is_member_object_pointer_v<F> || requires { typename F::SluiceBorrows; };

namespace detail {
template <class F>
class Borrowing {
public:
    using SluiceBorrows = void;

    constexpr explicit Borrowing(F function) : function_{std::move(function)} {}

    template <class... A>
        requires std::invocable<F&, A...>
    constexpr decltype(auto) operator()(A&&... arguments)
    {
        return std::invoke(function_, std::forward<A>(arguments)...);
    }

    template <class... A>
        requires std::invocable<const F&, A...>
    constexpr decltype(auto) operator()(A&&... arguments) const
    {
        return std::invoke(function_, std::forward<A>(arguments)...);
    }

private:
    [[no_unique_address]] F function_;
};
} // namespace detail

/// Promises that views in the result of `function` point only into its argument, or to where views
/// in its argument point; so records made by it need not be copied when they are kept.
///
/// - **Takes**: a function of one record. The promise is not checked: a view of anything else (a
///   captured table, a buffer, a temporary) then dangles.
/// - **Cost**: none. What it saves: a copy of the bytes where records are kept (`cache`,
///   `foreachBatch`).
template <std::copy_constructible F>
[[nodiscard]] constexpr auto borrows(F function)
{
    return detail::Borrowing<F>{std::move(function)};
}

namespace detail {
/// What may be assumed of a record at one point of a fused chain.
enum class Lifetime {
    ephemeral, ///< its views may die with the call: keeping it copies the bytes
    views,     ///< its views point into the partition, the record itself is a temporary
    record,    ///< it is the partition's own record
};

/// Types that are nothing but text views: a view made from one cannot point into the object itself,
/// as it could with a string, or with a char.
template <class T>
inline constexpr bool pureView = false;
template <>
inline constexpr bool pureView<std::string_view> = true;
template <class A, class B>
inline constexpr bool pureView<std::pair<A, B>> = pureView<A> && pureView<B>;
template <class... T>
inline constexpr bool pureView<std::tuple<T...>> = (pureView<T> && ...);
template <class T>
inline constexpr bool pureView<std::optional<T>> = pureView<T>;

/// Types that refer to nothing but text: no pointer or span, which may lead to a temporary record.
template <class T>
inline constexpr bool refersToText = [] {
    if constexpr (std::is_same_v<T, std::string_view> || Owning<T>) {
        return true;
    } else if constexpr (OwningContainer<T> && !requires { typename T::mapped_type; }) {
        return refersToText<typename T::value_type>;
    } else {
        return false;
    }
}();
template <class A, class B>
inline constexpr bool refersToText<std::pair<A, B>> = refersToText<A> && refersToText<B>;
template <class... T>
inline constexpr bool refersToText<std::tuple<T...>> = (refersToText<T> && ...);
template <class T>
inline constexpr bool refersToText<std::optional<T>> = refersToText<T>;
template <class T, std::size_t n>
inline constexpr bool refersToText<std::array<T, n>> = refersToText<T>;

/// `F` answers with a part of its argument: what views are in it were there before.
template <class F>
inline constexpr bool Projects =
    std::is_member_object_pointer_v<F> || requires { typename F::SluiceProjects; };

/// The lifetime of `F`'s `Result` for an argument of type `T` that had lifetime `before`.
template <class F, class T, class Result>
constexpr Lifetime lifetimeAfter(Lifetime before)
{
    if (!Borrows<F>) { return Lifetime::ephemeral; }
    if constexpr (requires { typename F::SluiceProjects; }) {
        // `keys` of records that make their keys anew: then it is no part of its argument.
        if (!std::is_lvalue_reference_v<std::invoke_result_t<F&, const T&>>) {
            return Lifetime::ephemeral;
        }
    }
    switch (before) {
    case Lifetime::record:
        return std::is_lvalue_reference_v<Result> ? Lifetime::record : Lifetime::views;
    case Lifetime::views:
        return Projects<F> || (pureView<T> && refersToText<std::remove_cvref_t<Result>>)
                   ? Lifetime::views
                   : Lifetime::ephemeral;
    case Lifetime::ephemeral:
        break;
    }
    return Lifetime::ephemeral;
}

/// The lifetime of a new record that holds `F`'s `Result` for a `T` beside what came along with the
/// `T`: its views stay good where those of both do.
template <class F, class T, class Result>
constexpr Lifetime lifetimeBeside(Lifetime before)
{
    const Lifetime after = Owning<Result> ? before : lifetimeAfter<F, T, Result>(before);
    return after == Lifetime::record ? Lifetime::views : after;
}

/// The lifetime of a new pair made of the parts of a `T`.
template <class T>
constexpr Lifetime lifetimeInPair(Lifetime before)
{
    if (!holdsParts<T>) { return Lifetime::ephemeral; }
    return before == Lifetime::record ? Lifetime::views : before;
}

/// The lifetime of a new pair of the key of a `T` and `F`'s `Result` for its value.
template <class F, class T, class Result>
constexpr Lifetime lifetimeUnderKey(Lifetime before)
{
    return holdsParts<T> ? lifetimeBeside<F, MappedOf<T>, Result>(before) : Lifetime::ephemeral;
}
} // namespace detail

} // namespace sluice
