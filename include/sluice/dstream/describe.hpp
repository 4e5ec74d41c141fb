#pragma once

#include <sluice/algebra/transducer.hpp>
#include <sluice/version.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace sluice::detail::inline SLUICE_ABI {

/// Adds one name, if it is one, to those of a stage's operators.
void appendName(std::string& names, std::string_view name);

template <class Op>
void appendNames(std::string& names, const Op& op)
{
    if constexpr (isPipeline<Op>) {
        appendNames(names, op.first());
        appendNames(names, op.second());
    } else if constexpr (!std::same_as<Op, Identity>) {
        appendName(names, Op::name);
    }
}

/// The names of a chain's operators in order, `terminal` last: what is fused in one stage.
template <class Op>
[[nodiscard]] std::string describeChain(const Op& chain, std::string_view terminal)
{
    std::string names;
    appendNames(names, chain);
    appendName(names, terminal);
    return names;
}

} // namespace sluice::detail::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/describe.ipp>
#endif
