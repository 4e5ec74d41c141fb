#pragma once

#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/algebra/keyed.hpp>
#include <sluice/algebra/step_failure.hpp>
#include <sluice/dstream/describe.hpp>
#include <sluice/dstream/shuffle/detail/placement.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/engine/task_groups.hpp>
#include <sluice/partition/combine_writer.hpp>
#include <sluice/partition/exchange.hpp>
#include <sluice/storage/pool.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// The user's function with the name of the operator that it was given to.
template <class Op, class F>
class NamedReducer {
public:
    constexpr explicit NamedReducer(F function) : function_{std::move(function)} {}

    template <class V, class W>
    constexpr V operator()(V left, W&& right)
    {
        return static_cast<V>(call<Op>(function_, std::move(left), std::forward<W>(right)));
    }

private:
    [[no_unique_address]] F function_;
};

/// The terminal of the stage before a shuffle by key: combines values of equal keys as they come.
template <class Record, class Reducer, bool ofOnePartition = false>
class CombineTerminal {
    using Writer = CombineWriter<KeyOf<Record>, MappedOf<Record>, Reducer, ofOnePartition>;

public:
    /// The same for keys that are all of one partition.
    using InPlace = CombineTerminal<Record, Reducer, true>;
    using Table = typename Writer::Table;

    CombineTerminal(Table table, Reducer reducer) : writer_{std::move(reducer), std::move(table)} {}

    template <class Pair>
    void operator()(Pair&& record)
    {
        writer_.add(keyOf(record), valueOf(std::forward<Pair>(record)));
    }

    Table finish() { return writer_.finish(); }

private:
    Writer writer_;
};

/// What the stages behind a shuffle know of one before it.
template <class Table>
class ShuffleStage : public engine::Stage {
public:
    using Stage::Stage;

    void release() noexcept override { exchange_.clear(); }

    [[nodiscard]] const Exchange<Table>& exchange() const noexcept { return exchange_; }

protected:
    Exchange<Table> exchange_;
};

/// Before the shuffle: a narrow chain into one table a task, or, where keys lie in their partitions
/// already, into one a partition.
template <class U, class Op, class Reducer,
    class Terminal = CombineTerminal<typename Op::template Output<U>, Reducer>>
class CombineStage final : public ShuffleStage<typename Terminal::Table> {
    using Base = ShuffleStage<typename Terminal::Table>;
    using Base::exchange_;
    using Base::input;
    using typename engine::Stage::Work;

public:
    using Table = typename Terminal::Table;

    CombineStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> parent, Op chain,
        Reducer reducer, Placement<Table> placement)
        : Base{std::move(info), std::move(parent)},
          chain_{std::move(chain)},
          reducer_{std::move(reducer)},
          placement_{std::move(placement)}
    {
    }

    Work open(const engine::BatchContext& batch) override
    {
        // Each table that is merged costs the next stage, so there are fewer of them than tasks
        // elsewhere.
        groups_ = {input(), batch, placement_.inPlace ? std::size_t{4} : std::size_t{2}};
        exchange_.open(placement_.inPlace ? input().size() : groups_.size(), placement_.inPlace);
        return groups_.work();
    }

    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        const auto [begin, end] = groups_[task];
        if constexpr (KeepsKeys<Op>) {
            if (placement_.inPlace) {
                for (std::size_t i = begin; i != end; ++i) {
                    exchange_.put(i, make<typename Terminal::InPlace>(i, i + 1, context));
                }
                return;
            }
        }
        exchange_.put(task, make<Terminal>(begin, end, context));
    }

private:
    /// One table of the records of some partitions.
    template <class Into>
    std::shared_ptr<const Table> make(
        std::size_t begin, std::size_t end, engine::TaskContext& context)
    {
        auto table = tables_.take();
        try {
            if (placement_.inPlace && placement_.byHash) {
                table->expectOneOf(placement_.by.partitions());
            }
            for (std::size_t i = begin; i != end; ++i) {
                context.partition = i;
                *table =
                    runFused(chain_, Into{std::move(*table), reducer_}, recordsOf<U>(input()[i]));
            }
            if constexpr (requires { table->settle(); }) { table->settle(); }
            if (placement_.lister) { placement_.lister->list(*table); }
        } catch (...) {
            *table = Table{}; // went down with the loop; the pool takes only what can be used again
            throw;
        }
        return table;
    }

    Op chain_;
    Reducer reducer_;
    Placement<Table> placement_;
    engine::TaskGroups groups_;
    Pool<Table> tables_;
};

} // namespace sluice::detail::inline SLUICE_ABI
