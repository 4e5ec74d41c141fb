#pragma once

#include <sluice/algebra/collector.hpp>
#include <sluice/algebra/concepts.hpp>
#include <sluice/algebra/transducer.hpp>
#include <sluice/dstream/describe.hpp>
#include <sluice/dstream/detail/keeping.hpp>
#include <sluice/dstream/detail/narrow_stage.hpp>
#include <sluice/engine/runtime.hpp>
#include <sluice/engine/stage.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice::inline SLUICE_ABI {

/// How a stream's records come from those of its parent stage: `Op`, a fused chain of narrow
/// operators, over records of type `U`.
template <class U, class Op = Identity>
struct From {
    using Parent = U;
    using Chain = Op;
};

/// The typed handle of a discretized stream: a parent stage and the chain of narrow operators
/// behind it.
///
/// Piping in a narrow operator gives a stream with a longer chain: nothing is allocated, nothing
/// erased. `DStream<T>` is a stream with an empty chain; any stream of `T` converts to it, which
/// closes the chain behind a stage boundary (cost: one virtual call a task and one materialised
/// partition a partition) so that the stream can be named in a signature, and runs once per batch
/// however many use it.
///
/// A handle is cheap to copy, belongs to its context and must not be used after it. Not
/// thread-safe.
template <class T, class Chain = From<T>>
class DStream;

} // namespace sluice::inline SLUICE_ABI

namespace sluice::detail::inline SLUICE_ABI {
/// The stage that ends the chain of `stream` in materialised partitions. It is called as its chain
/// is, or, where one was asked for, as the operator that did.
template <class T, class U, class Op>
std::shared_ptr<engine::Stage> closeChain(
    const DStream<T, From<U, Op>>& stream, std::string_view askedBy = {});
} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

template <class T, class U, class Op>
class [[nodiscard("a stream needs an output, such as print()")]] DStream<T, From<U, Op>> {
public:
    using Record = T;
    using Parent = U;
    using Chain = Op;

    /// What may be assumed of the chain's records when they are kept.
    static constexpr detail::Lifetime lifetime = Op::template lifetime<U>(detail::Lifetime::record);

    DStream(engine::Runtime& runtime, std::shared_ptr<engine::Stage> parent, Op chain = {})
        : runtime_{&runtime}, parent_{std::move(parent)}, chain_{std::move(chain)}
    {
    }

    /// Closes the chain of `other` behind a stage boundary.
    template <class V, class Longer>
        requires(std::same_as<Op, Identity> && !std::same_as<From<V, Longer>, From<U, Op>>)
    DStream(
        const DStream<T, From<V, Longer>>& other) // NOLINT(google-explicit-constructor): erasure
        : DStream{other.runtime(), detail::closeChain(other)}
    {
        // Asked here too, so that the message does not begin deep inside.
        constexpr auto kept = DStream<T, From<V, Longer>>::lifetime;
        if constexpr (!detail::canKeep<T, kept>) { detail::refuseToKeep<T, kept>(); }
    }

    [[nodiscard]] engine::Runtime& runtime() const noexcept { return *runtime_; }
    [[nodiscard]] const std::shared_ptr<engine::Stage>& parent() const& noexcept { return parent_; }
    [[nodiscard]] std::shared_ptr<engine::Stage> parent() && noexcept { return std::move(parent_); }
    [[nodiscard]] const Op& chain() const noexcept { return chain_; }

    /// The time from one batch of this stream to the next: the batch interval, or what a `window`
    /// before it says.
    [[nodiscard]] Duration slideDuration() const { return engine::slideOf(*runtime_, *parent_); }

    /// The stages that this stream needs, a line each: what is fused in it and where its input
    /// comes from. The last line is the chain that whoever reads this stream will fuse into a stage
    /// of its own.
    [[nodiscard]] std::string explain() const
    {
        std::string text = engine::explain({parent_});
        if constexpr (!std::same_as<Op, Identity>) {
            text += "open: " + detail::describeChain(chain_, "...") + "  <- stage " +
                    std::to_string(parent_->info().id) + '\n';
        }
        return text;
    }

private:
    engine::Runtime* runtime_;
    std::shared_ptr<engine::Stage> parent_;
    [[no_unique_address]] Op chain_;
};

} // namespace sluice::inline SLUICE_ABI

namespace sluice::detail::inline SLUICE_ABI {
template <class T, class U, class Op>
std::shared_ptr<engine::Stage> closeChain(
    const DStream<T, From<U, Op>>& stream, std::string_view askedBy)
{
    if constexpr (std::same_as<Op, Identity>) {
        return stream.parent();
    } else if constexpr (!canKeep<T, DStream<T, From<U, Op>>::lifetime>) {
        refuseToKeep<T, DStream<T, From<U, Op>>::lifetime>();
        return nullptr;
    } else {
        std::string fused = describeChain(stream.chain(), askedBy);
        auto info = stream.runtime().newStage(askedBy.empty() ? fused : askedBy, fused);
        if constexpr (KeepsKeys<Op>) { info.partitionedBy = stream.parent()->info().partitionedBy; }
        return engine::makeStage<NarrowStage<U, Op>>(
            std::move(info), stream.parent(), stream.chain());
    }
}
} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// `op` applied to every batch of `stream`.
template <class T, class U, class Chain, Operator Op>
auto operator|(DStream<T, From<U, Chain>> stream, const Op& op)
{
    if constexpr (!Accepts<Op, T>) {
        using Wrong = detail::Refusing<Op, T>;
        Wrong::Op::template refuse<typename Wrong::Record>();
        return typename detail::RefusalOf<Op>::Type{};
    } else if constexpr (NarrowOperator<Op>) {
        engine::Runtime& runtime = stream.runtime();
        auto longer = detail::compose(stream.chain(), op);
        return DStream<typename Op::template Output<T>, From<U, decltype(longer)>>{
            runtime, std::move(stream).parent(), std::move(longer)};
    } else {
        using Keeping = detail::Keeping<Op, T, DStream<T, From<U, Chain>>::lifetime,
            std::same_as<Chain, Identity>>;
        if constexpr (!Keeping::possible) {
            detail::refuseToKeep<typename Keeping::Record, Keeping::lifetime>();
            return typename detail::RefusalOf<Op>::Type{};
        } else if constexpr (detail::isPipeline<Op>) {
            return (std::move(stream) | op.first()) | op.second();
        } else {
            stream.runtime().mustBeNew(Op::name); // or a stage before it would give its name
            return op.applyTo(stream);
        }
    }
}

} // namespace sluice::inline SLUICE_ABI
