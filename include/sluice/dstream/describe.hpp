#pragma once

#include <sluice/algebra/transducer.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace sluice::detail {

template <class Op>
void appendNames(std::string& names, const Op& op)
{
    if constexpr (isPipeline<Op>) {
        appendNames(names, op.first());
        appendNames(names, op.second());
    } else if constexpr (!std::same_as<Op, Identity>) {
        names += Op::name;
        names += " | ";
    }
}

/// The names of a chain's operators in order, `terminal` last: what is fused in one stage.
template <class Op>
[[nodiscard]] std::string describeChain(const Op& chain, std::string_view terminal)
{
    std::string names;
    appendNames(names, chain);
    names += terminal;
    return names;
}

} // namespace sluice::detail
