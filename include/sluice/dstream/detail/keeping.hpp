#pragma once

#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/collector.hpp>
#include <sluice/algebra/transducer.hpp>

#include <concepts>

namespace sluice::detail {

/// `Op` closes the chain before it and keeps its records.
template <class Op>
concept Keeps = requires { requires Op::keeps; };

/// Whether an operator, or all operators of a pipeline, can keep what they have to keep; and if
/// not, of which records that is said.
///
/// Found by types alone, for the reason given at `Refusing`. Records that are materialised already
/// need no copy.
template <class Op, class T, Lifetime before, bool materialised>
struct Keeping {
    using Record = T;
    static constexpr Lifetime lifetime = before;
    static constexpr bool possible = !Keeps<Op> || materialised || canKeep<T, before>;

    static consteval Lifetime lifetimeAfter()
    {
        if constexpr (Op::narrow) {
            return Op::template lifetime<T>(before);
        } else {
            return Lifetime::record;
        }
    }
    static constexpr bool materialisedAfter =
        !Op::narrow || (materialised && std::same_as<Op, Identity>);
};

template <class First, class Second, class T, Lifetime before, bool materialised>
    requires(!Keeping<First, T, before, materialised>::possible)
struct Keeping<Pipeline<First, Second>, T, before, materialised>
    : Keeping<First, T, before, materialised> {};

template <class First, class Second, class T, Lifetime before, bool materialised>
    requires(Keeping<First, T, before, materialised>::possible)
struct Keeping<Pipeline<First, Second>, T, before, materialised>
    : Keeping<Second, typename OutputOf<First, T>::Type,
          Keeping<First, T, before, materialised>::lifetimeAfter(),
          Keeping<First, T, before, materialised>::materialisedAfter> {};

} // namespace sluice::detail
