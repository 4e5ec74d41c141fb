#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sluice {

/// `F` is known to borrow: views in what it returns point only into its argument, or to where views in
/// its argument point.
///
/// True for pointers to data members, for `words`, `lines`, `splitBy(c)`, `keys` and `values`, and for
/// what `borrows(f)` returns.
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

/// Promises that views in the result of `function` point only into its argument, or to where views in its
/// argument point; so records made by it need not be copied when they are kept.
///
/// - **Takes**: a function of one record. The promise is not checked: a view of anything else (a captured
///   table, a buffer, a temporary) then dangles.
/// - **Cost**: none. What it saves: a copy of the bytes where records are kept (`cache`, `foreachBatch`).
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

/// Types that are nothing but views and scalars: a view made from one cannot point into the object itself.
template <class T>
inline constexpr bool pureView = std::is_arithmetic_v<T> || std::is_enum_v<T>;
template <>
inline constexpr bool pureView<std::string_view> = true;
template <class A, class B>
inline constexpr bool pureView<std::pair<A, B>> = pureView<A> && pureView<B>;
template <class... T>
inline constexpr bool pureView<std::tuple<T...>> = (pureView<T> && ...);
template <class T>
inline constexpr bool pureView<std::optional<T>> = pureView<T>;

/// The lifetime of `F`'s result for an argument of type `T` that had lifetime `before`.
template <class F, class T>
constexpr Lifetime lifetimeAfter(Lifetime before)
{
    if (!Borrows<F> || before == Lifetime::ephemeral) { return Lifetime::ephemeral; }
    if (before == Lifetime::views && !pureView<T>) { return Lifetime::ephemeral; }
    using Result = std::invoke_result_t<F&, const T&>;
    return before == Lifetime::record && std::is_lvalue_reference_v<Result> ? Lifetime::record
                                                                            : Lifetime::views;
}
} // namespace detail

} // namespace sluice
