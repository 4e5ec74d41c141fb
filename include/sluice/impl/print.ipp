#pragma once

#include <sluice/output/print.hpp>

#include <cstdio>
#include <ostream>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL std::string& PrintedHead::newLine()
{
    return lines.emplace_back();
}

SLUICE_DECL PrintOutput::PrintOutput(engine::StageInfo&& info,
    std::shared_ptr<engine::Stage> parent, std::size_t atMost, std::ostream* out)
    : Output{std::move(info), std::move(parent)}, atMost_{atMost}, out_{out}
{
}

SLUICE_DECL engine::Stage::Work PrintOutput::open(const engine::BatchContext& batch)
{
    groups_ = {input(), batch};
    heads_.resize(input().size());
    return groups_.work();
}

SLUICE_DECL void PrintOutput::runTask(std::size_t task, engine::TaskContext& context)
{
    for (auto [i, end] = groups_[task]; i != end; ++i) {
        context.partition = i;
        heads_[i] = {};
        heads_[i].more = printInto(heads_[i], input()[i], atMost_);
    }
}

SLUICE_DECL void PrintOutput::release() noexcept
{
    heads_.clear();
}

SLUICE_DECL void PrintOutput::commit(const engine::BatchContext& batch)
{
    const std::string_view rule = "-------------------------------------------\n";
    std::string text{rule};
    text += "Time: " + toString(batch.time()) + '\n';
    text += rule;
    std::size_t printed = 0;
    bool more = false;
    for (const PrintedHead& head : heads_) {
        more = more || head.more;
        for (const std::string& line : head.lines) {
            if (printed == atMost_) {
                more = true;
                break;
            }
            text += line;
            text += '\n';
            ++printed;
        }
    }
    if (more) { text += "...\n"; }
    text += '\n';
    if (out_ != nullptr) {
        *out_ << text << std::flush;
    } else {
        std::fwrite(text.data(), 1, text.size(), stdout);
        std::fflush(stdout);
    }
}

} // namespace sluice::detail::inline SLUICE_ABI
