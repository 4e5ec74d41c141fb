#pragma once

#include <sluice/algebra/error.hpp>    // notNegative
#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/dstream/describe.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/task_groups.hpp>
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

    [[nodiscard]] std::string& newLine();
};

/// The terminal of `print`: writes the first records as text and drops the rest.
class PrintTerminal {
public:
    PrintTerminal(PrintedHead& head, std::size_t atMost) : head_{&head}, left_{atMost} {}

    template <class T>
    void operator()(T&& record)
    {
        if (left_ == 0) {
            more_ = true;
        } else {
            --left_;
            appendText(head_->newLine(), record);
        }
    }

    bool finish() const { return more_; }

private:
    PrintedHead* head_;
    std::size_t left_;
    bool more_ = false;
};

/// All of `print` that does not depend on types: a head for each partition, printed together.
class PrintOutput : public engine::Output {
public:
    PrintOutput(engine::StageInfo&& info, std::shared_ptr<engine::Stage> parent, std::size_t atMost,
        std::ostream* out);

    Work open(const engine::BatchContext& batch) override;
    void runTask(std::size_t task, engine::TaskContext& context) override;
    void commit(const engine::BatchContext& batch) override;
    void release() noexcept override;

private:
    virtual bool printInto(
        PrintedHead& head, const AnyPartition& partition, std::size_t atMost) = 0;

    std::size_t atMost_;
    std::ostream* out_; // standard output where it is null
    engine::TaskGroups groups_;
    std::vector<PrintedHead> heads_;
};

template <class U, class Op>
class PrintChain final : public PrintOutput {
public:
    PrintChain(engine::StageInfo&& info, std::shared_ptr<engine::Stage> parent, const Op& chain,
        std::size_t atMost, std::ostream* out)
        : PrintOutput{std::move(info), std::move(parent), atMost, out}, chain_{chain}
    {
    }

private:
    bool printInto(PrintedHead& head, const AnyPartition& partition, std::size_t atMost) override
    {
        return runFused(chain_, PrintTerminal{head, atMost}, recordsOf<U>(partition));
    }

    [[no_unique_address]] Op chain_;
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
        static_assert(accepts<T>, "sluice: print(): the records need a text form: operator<<, or "
                                  "pairs, tuples, optionals and "
                                  "ranges of what has one");
    }

    template <class T, class U, class Chain>
    void applyTo(const DStream<T, From<U, Chain>>& stream) const
    {
        engine::Runtime& runtime = stream.runtime();
        runtime.add(engine::makeStage<detail::PrintChain<U, Chain>, engine::Output>(
            runtime.newStage(name, detail::describeChain(stream.chain(), "print")), stream.parent(),
            stream.chain(), atMost_, out_));
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
/// - **Errors**: a negative number throws InvalidArgument here.
/// - **Cost**: text is made for at most `n` records of each partition.
/// - **Source**: Spark's `DStream.print`.
[[nodiscard]] inline Print print(std::size_t n = 10)
{
    return {detail::notNegative(n, "print(n)"), nullptr};
}

/// The same, to a stream that outlives the context.
[[nodiscard]] inline Print print(std::ostream& out, std::size_t n = 10)
{
    return {detail::notNegative(n, "print(out, n)"), &out};
}

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/print.ipp>
#endif
