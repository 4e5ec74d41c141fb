#pragma once

#include <sluice/algebra/keyed.hpp> // KeyValue

#include <concepts>
#include <functional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace sluice {

/// `F` can judge a record without changing it: `bool(const T&)`.
template <class F, class T>
concept PredicateOn = std::predicate<F&, const T&>;

/// `F` makes one value of a record without changing it: `U(const T&)`, `U` not void.
template <class F, class T>
concept MapperOn =
    std::invocable<F&, const T&> && !std::is_void_v<std::invoke_result_t<F&, const T&>>;

/// `F` makes a range of values of a record: any C++20 or range-v3 range, owning or view.
template <class F, class T>
concept FlatMapperOn =
    MapperOn<F, T> && std::ranges::input_range<std::invoke_result_t<F&, const T&>>;

/// `F` joins two values of one type into one: `V(V, V)`.
template <class F, class V>
concept ReducerOf = std::invocable<F&, V, const V&> &&
                    std::convertible_to<std::invoke_result_t<F&, V, const V&>, V>;

/// `Op` is one of sluice's operators or a pipeline of them, bound to no stream yet.
template <class Op>
concept Operator = std::move_constructible<Op> && requires { typename Op::SluiceOperator; };

/// `Op` takes records of type `T`. The question to ask in code; it never fails hard.
template <class Op, class T>
concept Accepts = Operator<Op> && Op::template accepts<T>;

/// `Op` is narrow: it turns one partition into one partition inside a fused loop.
template <class Op>
concept NarrowOperator = Operator<Op> && Op::narrow;

/// What `Op` makes of a record with a key has that very key: so keys stay in their partitions.
template <class Op>
concept KeepsKeys = requires { requires Op::keepsKeys; };

} // namespace sluice
