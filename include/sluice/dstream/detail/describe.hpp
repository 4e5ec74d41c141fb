#pragma once

#include <sluice/algebra/transducer.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::detail {

template <class Op>
void describeInto(std::vector<std::string>& names, const Op& op)
{
    if constexpr (isPipeline<Op>) {
        describeInto(names, op.first());
        describeInto(names, op.second());
    } else if constexpr (!std::same_as<Op, Identity>) {
        names.emplace_back(Op::name);
    }
}

/// The names of a chain's operators in order, `terminal` last: what is fused in one stage.
template <class Op>
[[nodiscard]] std::vector<std::string> describeChain(const Op& chain, std::string_view terminal)
{
    std::vector<std::string> names;
    describeInto(names, chain);
    names.emplace_back(terminal);
    return names;
}

} // namespace sluice::detail
