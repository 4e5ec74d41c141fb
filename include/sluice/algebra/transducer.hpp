#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/concepts.hpp>

#include <concepts>
#include <string_view>
#include <utility>

namespace sluice {

/// The operator that leaves a stream as it is.
class Identity {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = true;
    static constexpr bool shrinks = true;
    static constexpr bool keepsKeys = true;
    static constexpr std::string_view name{"identity"};

    template <class T>
    using Output = T;

    template <class T>
    static constexpr bool accepts = true;

    template <class T>
    static constexpr detail::Lifetime lifetime(detail::Lifetime before)
    {
        return before;
    }

    template <class Next>
    constexpr auto operator()(Next next) const -> Next
    {
        return next;
    }
};

namespace detail {
template <class Anything, class T>
struct Refusing;

/// `Op::Output<T>` as a class, for compilers remember classes but work out aliases again each time.
template <class Op, class T>
struct OutputOf {
    using Type = typename Op::template Output<T>;
};
} // namespace detail

/// Operators in a row, bound to no stream yet; itself an operator. What `operator|` makes.
template <class First, class Second>
class Pipeline {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = First::narrow && Second::narrow;
    /// Whether one record in gives at most one record out.
    static constexpr bool shrinks = First::shrinks && Second::shrinks;
    static constexpr bool keepsKeys = KeepsKeys<First> && KeepsKeys<Second>;

    constexpr Pipeline(First first, Second second)
        : first_{std::move(first)}, second_{std::move(second)}
    {
    }

    template <class T>
    using Output =
        typename detail::OutputOf<Second, typename detail::OutputOf<First, T>::Type>::Type;

    template <class T>
    static constexpr bool accepts = [] {
        if constexpr (Accepts<First, T>) {
            return Accepts<Second, typename detail::OutputOf<First, T>::Type>;
        } else {
            return false;
        }
    }();

    template <class T>
    static consteval void refuse()
    {
        using Wrong = detail::Refusing<Pipeline, T>;
        Wrong::Op::template refuse<typename Wrong::Record>();
    }

    template <class T>
    static constexpr detail::Lifetime lifetime(detail::Lifetime before)
    {
        return Second::template lifetime<typename detail::OutputOf<First, T>::Type>(
            First::template lifetime<T>(before));
    }

    /// Given what happens to the records that come out, says what to do with each that goes in.
    template <class Next>
        requires narrow
    constexpr auto operator()(Next next) const
    {
        return first_(second_(std::move(next)));
    }

    [[nodiscard]] constexpr const First& first() const noexcept { return first_; }
    [[nodiscard]] constexpr const Second& second() const noexcept { return second_; }

private:
    [[no_unique_address]] First first_;
    [[no_unique_address]] Second second_;
};

namespace detail {
template <class Op>
inline constexpr bool isPipeline = false;
template <class First, class Second>
inline constexpr bool isPipeline<Pipeline<First, Second>> = true;

/// The operator among `Op`'s that refuses, and the records that it is given there.
///
/// Found by types alone: were the pipelines to pass `refuse` on, each would be a note in the
/// message.
template <class Anything, class T>
struct Refusing {
    using Op = Anything;
    using Record = T;
};
template <class First, class Second, class T>
    requires(!Accepts<First, T>)
struct Refusing<Pipeline<First, Second>, T> : Refusing<First, T> {};
template <class First, class Second, class T>
    requires Accepts<First, T>
struct Refusing<Pipeline<First, Second>, T> : Refusing<Second, typename OutputOf<First, T>::Type> {
};

/// What a refused operator returns: swallows the rest of the pipeline, so that one mistake is one
/// error.
struct Refused {
    template <Operator Op>
    constexpr Refused operator|(const Op&) const
    {
        return {};
    }
};

/// What `Op` returns where it is refused: `Op::Refusal`, for an operator whose result is taken
/// apart.
template <class Op>
struct RefusalOf {
    using Type = Refused;
};
template <class Op>
    requires requires { typename Op::Refusal; }
struct RefusalOf<Op> {
    using Type = typename Op::Refusal;
};
template <class First, class Second>
struct RefusalOf<Pipeline<First, Second>> : RefusalOf<Second> {};

template <Operator First, Operator Second>
constexpr auto compose(First first, Second second)
{
    if constexpr (std::same_as<First, Identity>) {
        return second;
    } else if constexpr (std::same_as<Second, Identity>) {
        return first;
    } else {
        return Pipeline<First, Second>{std::move(first), std::move(second)};
    }
}
} // namespace detail

/// `first`, then `second`: a pipeline that is bound to no stream yet.
template <Operator First, Operator Second>
[[nodiscard]] constexpr auto operator|(First first, Second second)
{
    return detail::compose(std::move(first), std::move(second));
}

} // namespace sluice
