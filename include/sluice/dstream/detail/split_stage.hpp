#pragma once

#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/engine/task_groups.hpp>
#include <sluice/storage/pool.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// What the terminal of a `SplitStage` made of one partition: a `Kept` for each of its streams.
template <class Parts>
struct SplitBlock {
    Parts parts;
    std::shared_ptr<const void> borrowedFrom;

    void clear() noexcept
    {
        std::apply([](auto&... kept) { (clearPart(kept), ...); }, parts);
        borrowedFrom.reset();
    }

private:
    static void clearPart(auto& kept) noexcept
    {
        clearForReuse(kept.records);
        if constexpr (requires { kept.arena.clear(); }) { kept.arena.clear(); }
    }
};

/// Runs a narrow chain into a terminal that sends each record to one of several streams.
///
/// Its partitions are those of the first stream, then as many of the second, and so on; a
/// `PartStage` for each stream picks its own.
template <class U, class Op, class Terminal>
class SplitStage final : public engine::Stage {
    using Parts = typename Terminal::Parts;
    using Functions = typename Terminal::Functions;
    static constexpr std::size_t count = std::tuple_size_v<Parts>;

public:
    SplitStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> parent, const Op& chain,
        const Functions& functions)
        : Stage{std::move(info), std::move(parent)}, chain_{chain}, functions_{functions}
    {
    }

    Work open(const engine::BatchContext& batch) override
    {
        groups_ = {input(), batch};
        output_.resize(input().size() * count);
        return groups_.work();
    }

    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        for (auto [i, end] = groups_[task]; i != end; ++i) {
            context.partition = i;
            auto block = blocks_.take();
            block->parts = runFused(
                chain_, Terminal{functions_, std::move(block->parts)}, recordsOf<U>(input()[i]));
            if constexpr (Terminal::borrows) { block->borrowedFrom = input()[i].owner; }
            publish(block, i, std::make_index_sequence<count>{});
        }
    }

private:
    template <std::size_t... part>
    void publish(const std::shared_ptr<SplitBlock<Parts>>& block, std::size_t partition,
        std::index_sequence<part...>)
    {
        (publishPart(block, std::get<part>(block->parts).records,
             output_[part * input().size() + partition]),
            ...);
    }

    static void publishPart(const std::shared_ptr<SplitBlock<Parts>>& block, const auto& records,
        AnyPartition& partition)
    {
        partition = {block, records.data(), records.size(), records.size()};
    }

    Op chain_;
    Functions functions_;
    engine::TaskGroups groups_;
    Pool<SplitBlock<Parts>> blocks_;
};

/// One of the streams of a `SplitStage`.
class PartStage final : public engine::Stage {
public:
    PartStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> split, std::size_t part,
        std::size_t parts)
        : Stage{std::move(info), std::move(split)}, part_{part}, parts_{parts}
    {
    }

    Work open(const engine::BatchContext&) override { return {}; }
    void runTask(std::size_t, engine::TaskContext&) override {}
    void close(const engine::BatchContext& batch) override;

private:
    std::size_t part_;
    std::size_t parts_;
};

/// Stream number `part` of `parts` behind a `SplitStage`.
[[nodiscard]] std::shared_ptr<engine::Stage> makePart(engine::Runtime& runtime,
    std::shared_ptr<engine::Stage> split, std::size_t part, std::size_t parts);

/// The stage that splits `stream`.
template <class Terminal, class T, class U, class Chain>
[[nodiscard]] std::shared_ptr<engine::Stage> makeSplit(const DStream<T, From<U, Chain>>& stream,
    std::string_view name, const typename Terminal::Functions& functions)
{
    return engine::makeStage<SplitStage<U, Chain, Terminal>>(
        stream.runtime().newStage(name, describeChain(stream.chain(), name)), stream.parent(),
        stream.chain(), functions);
}

} // namespace sluice::detail::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/split_stage.ipp>
#endif
