#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/output/detail/chain_output.hpp>
#include <sluice/output/text_form.hpp>

#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// The lines of the first records of one partition, and whether there were more.
struct PrintedHead {
    std::vector<std::string> lines;
    bool more = false;
};

/// Prints the first lines of all partitions in Spark's format, to standard output where `out` is null.
void printHeads(
    const std::vector<PrintedHead>& heads, Time time, std::size_t atMost, std::ostream* out);

/// The terminal of `print`: writes the first records as text and drops the rest.
class PrintTerminal {
public:
    explicit PrintTerminal(std::size_t atMost) : atMost_{atMost} {}

    template <class T>
    void operator()(T&& record)
    {
        if (head_.lines.size() < atMost_) {
            appendText(head_.lines.emplace_back(), record);
        } else {
            head_.more = true;
        }
    }

    PrintedHead finish() { return std::move(head_); }

private:
    std::size_t atMost_;
    PrintedHead head_;
};

template <class U, class Op>
class PrintOutput final : public ChainOutput<U, Op, PrintedHead> {
public:
    PrintOutput(engine::StageInfo info, std::shared_ptr<engine::Stage> parent, Op chain,
        std::size_t atMost, std::ostream* out)
        : ChainOutput<U, Op, PrintedHead>{std::move(info), std::move(parent), std::move(chain)},
          atMost_{atMost}, out_{out}
    {
    }

    void commit(const engine::BatchContext& batch) override
    {
        printHeads(this->results_, batch.time(), atMost_, out_);
    }

private:
    PrintedHead runPartition(std::span<const U> records) override
    {
        return runFused(this->chain_, PrintTerminal{atMost_}, records);
    }

    std::size_t atMost_;
    std::ostream* out_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The output operation behind `print()`.
class Print {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"print"};

    Print(std::size_t atMost, std::ostream* out) : atMost_{atMost}, out_{out} {}

    template <class T>
    using Output = void;

    template <class T>
    static constexpr bool accepts = TextWritable<T>;

    template <class T>
    static consteval void refuse()
    {
        static_assert(accepts<T>,
            "sluice: print(): the records need a text form: operator<<, or pairs, tuples, optionals and "
            "ranges of what has one");
    }

    template <class T, class U, class Chain>
    void applyTo(const DStream<T, From<U, Chain>>& stream) const
    {
        engine::Runtime& runtime = stream.runtime();
        runtime.add(std::make_shared<detail::PrintOutput<U, Chain>>(
            runtime.newStage(name, detail::describeChain(stream.chain(), "print")),
            stream.parent(), stream.chain(), atMost_, out_));
    }

private:
    std::size_t atMost_;
    std::ostream* out_;
};

/// Prints the first `n` records of each batch, in Spark's format, to standard output.
///
/// - **Types**: `DStream<T>`, `T` with a text form (`TextWritable`), to an output operation.
/// - **Takes**: how many records to show at most; `...` follows where there are more.
/// - **Shape**: ends the fused loop: records are not stored.
/// - **Empty**: the header and an empty line are printed for an empty batch too.
/// - **Cost**: text is made for at most `n` records of each partition.
/// - **Source**: Spark's `DStream.print`.
[[nodiscard]] inline Print print(std::size_t n = 10) { return {n, nullptr}; }

/// The same, to a stream that outlives the context.
[[nodiscard]] inline Print print(std::ostream& out, std::size_t n = 10) { return {n, &out}; }

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/print.ipp>
#endif
