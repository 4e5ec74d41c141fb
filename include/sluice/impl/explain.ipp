#pragma once

#include <sluice/engine/stage.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::inline SLUICE_ABI::engine {

namespace detail {
inline void addInOrder(std::vector<const Stage*>& order, const Stage& stage)
{
    if (std::find(order.begin(), order.end(), &stage) != order.end()) { return; }
    for (const auto& input : stage.inputs()) {
        addInOrder(order, *input);
    }
    order.push_back(&stage);
}

/// The stages that `ends` need, each once and after its inputs.
inline std::vector<const Stage*> runOrder(const std::vector<std::shared_ptr<Stage>>& ends)
{
    std::vector<const Stage*> order;
    for (const auto& end : ends) {
        addInOrder(order, *end);
    }
    return order;
}

/// FNV-1a, 64 bits.
class PlanHash {
public:
    // Byte by byte from the lowest, so that the machine's byte order does not matter.
    void add(std::uint64_t number)
    {
        for (unsigned shift = 0; shift < 64; shift += 8) {
            addByte(static_cast<unsigned char>(number >> shift));
        }
    }

    // With its length, so that no two lists of texts look the same.
    void add(std::string_view text)
    {
        add(std::uint64_t{text.size()});
        for (char c : text) {
            addByte(static_cast<unsigned char>(c));
        }
    }

    [[nodiscard]] std::uint64_t value() const { return value_; }

private:
    void addByte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3U; }

    std::uint64_t value_ = 0xcbf29ce484222325U;
};

inline void appendDotText(std::string& dot, std::string_view text)
{
    for (char c : text) {
        switch (c) {
        case '\n':
            dot += "\\n";
            break;
        case '&': // Graphviz reads entities in labels
            dot += "&amp;";
            break;
        case '"':
        case '\\':
            dot += '\\';
            [[fallthrough]];
        default:
            dot += c;
        }
    }
}

inline std::string_view dotShape(const Stage& stage)
{
    if (stage.inputs().empty()) { return "ellipse"; }
    return dynamic_cast<const Output*>(&stage) != nullptr ? "doubleoctagon" : "box";
}

inline void appendDotNode(std::string& dot, const Stage& stage)
{
    const StageInfo& info = stage.info();
    const std::string id = std::to_string(info.id);
    dot += "    stage" + id + " [shape=";
    dot += dotShape(stage);
    dot += ", label=\"" + id + ": ";
    appendDotText(dot, info.name);
    if (info.fused != info.name) {
        dot += "\\n";
        appendDotText(dot, info.fused);
    }
    if (info.partitions != 0) {
        dot += "\\n" + std::to_string(info.partitions) +
               (info.partitions == 1 ? " partition" : " partitions");
    }
    dot += "\"];\n";
}
} // namespace detail

SLUICE_DECL std::string explain(const std::vector<std::shared_ptr<Stage>>& ends)
{
    std::string text;
    for (const Stage* stage : detail::runOrder(ends)) {
        text += "stage " + std::to_string(stage->info().id) + ": " + stage->info().fused;
        for (std::size_t i = 0; i < stage->inputs().size(); ++i) {
            text += i == 0 ? "  <- stage " : ", stage ";
            text += std::to_string(stage->inputs()[i]->info().id);
        }
        text += '\n';
    }
    return text;
}

SLUICE_DECL std::string explainDot(const std::vector<std::shared_ptr<Stage>>& ends)
{
    const auto order = detail::runOrder(ends);
    std::string dot = "digraph plan {\n";
    for (const Stage* stage : order) {
        detail::appendDotNode(dot, *stage);
    }
    for (const Stage* stage : order) {
        for (const auto& input : stage->inputs()) {
            dot += "    stage" + std::to_string(input->info().id) + " -> stage" +
                   std::to_string(stage->info().id) + ";\n";
        }
    }
    dot += "}\n";
    return dot;
}

SLUICE_DECL std::uint64_t fingerprint(const std::vector<std::shared_ptr<Stage>>& ends)
{
    detail::PlanHash hash;
    for (const Stage* stage : detail::runOrder(ends)) {
        const StageInfo& info = stage->info();
        hash.add(std::uint64_t{info.id});
        hash.add(info.name);
        hash.add(info.fused);
        hash.add(std::uint64_t{stage->inputs().size()});
        for (const auto& input : stage->inputs()) {
            hash.add(std::uint64_t{input->info().id});
        }
        hash.add(std::uint64_t{info.partitions});
    }
    return hash.value();
}

SLUICE_DECL std::string planOf(const std::vector<std::shared_ptr<Stage>>& ends)
{
    const std::uint64_t value = fingerprint(ends);
    std::string text = explain(ends) + "plan ";
    for (unsigned shift = 64; shift > 0; shift -= 4) {
        text += "0123456789abcdef"[value >> (shift - 4) & 0xfU];
    }
    text += '\n';
    return text;
}

} // namespace sluice::inline SLUICE_ABI::engine
