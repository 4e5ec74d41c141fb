#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/storage/batch.hpp>

#include <concepts>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice {

/// `F` takes a batch: `void(const Batch<T>&)`.
template <class F, class T>
concept BatchConsumer = std::invocable<F&, const Batch<T>&>;

} // namespace sluice

namespace sluice::detail::inline SLUICE_ABI {

/// Hands each batch of its input, as it is, to a function.
template <class T, class F>
class BatchOutput final : public engine::Output {
public:
    BatchOutput(engine::StageInfo&& info, std::shared_ptr<engine::Stage> input, F function)
        : Output{std::move(info), std::move(input)}, function_{std::move(function)}
    {
    }

    Work open(const engine::BatchContext&) override { return {}; }
    void runTask(std::size_t, engine::TaskContext&) override {}
    void commit(const engine::BatchContext& batch) override
    {
        function_(Batch<T>{this->input(), batch.metadata});
    }
    void stopped(const std::exception_ptr& failure) override
    {
        if constexpr (requires { function_.stopped(failure); }) { function_.stopped(failure); }
    }

private:
    F function_;
};

/// Registers an output that is called with each batch of `stream`.
template <class T, class From, class F>
void addBatchOutput(const DStream<T, From>& stream, std::string_view name, F function)
{
    auto input = closeChain(stream);
    engine::Runtime& runtime = stream.runtime();
    runtime.add(engine::makeStage<BatchOutput<T, F>, engine::Output>(
        runtime.newStage(name), std::move(input), std::move(function)));
}

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The output operation behind `foreachBatch(function)`.
template <class F>
class ForeachBatch {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"foreachBatch"};

    explicit ForeachBatch(F function) : function_{std::move(function)} {}

    template <class T>
    using Output = void;

    template <class T>
    static constexpr bool accepts = BatchConsumer<F, T>;

    template <class T>
    static consteval void refuse()
    {
        static_assert(accepts<T>, "sluice: foreachBatch(function): the function must be callable "
                                  "as void(const Batch<T>&)");
    }

    template <class T, class From>
    void applyTo(const DStream<T, From>& stream) const
    {
        detail::addBatchOutput(stream, name, function_);
    }

private:
    F function_;
};

/// Calls `function` with each batch of the stream.
///
/// - **Types**: `DStream<T>` to an output operation.
/// - **Takes**: `void(const Batch<T>&)`. The batch is a range of all its records, and knows its
///   partitions and metadata; copies of it may be kept as long as one likes.
/// - **Shape**: closes the chain: what `cache()` says of that holds here.
/// - **Time**: called once per batch, on `compute`, after all stages of the batch, outputs in the
///   order in which they were registered; never retried.
/// - **Empty**: called for an empty batch too.
/// - **Errors**: what `function` throws fails the batch.
/// - **Source**: Spark's `DStream.foreachRDD`; what Spark calls an RDD is a batch here.
template <std::copy_constructible F>
[[nodiscard]] auto foreachBatch(F function) -> ForeachBatch<F>
{
    return ForeachBatch<F>{std::move(function)};
}

} // namespace sluice::inline SLUICE_ABI
