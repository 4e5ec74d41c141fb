#pragma once

#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/algebra/keyed.hpp>
#include <sluice/algebra/step_failure.hpp>
#include <sluice/dstream/describe.hpp>
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
template <class Record, class Reducer>
class CombineTerminal {
    using Writer = CombineWriter<KeyOf<Record>, MappedOf<Record>, Reducer>;

public:
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

/// Before the shuffle: a narrow chain into one table a task.
template <class U, class Op, class Reducer,
    class Terminal = CombineTerminal<typename Op::template Output<U>, Reducer>>
class CombineStage final : public ShuffleStage<typename Terminal::Table> {
    using Base = ShuffleStage<typename Terminal::Table>;
    using Base::exchange_;
    using Base::input;
    using typename engine::Stage::Work;

public:
    using Table = typename Terminal::Table;

    CombineStage(
        engine::StageInfo&& info, std::shared_ptr<engine::Stage> parent, Op chain, Reducer reducer)
        : Base{std::move(info), std::move(parent)},
          chain_{std::move(chain)},
          reducer_{std::move(reducer)}
    {
    }

    Work open(const engine::BatchContext& batch) override
    {
        // Each table costs the next stage a merge, so there are fewer of them than tasks elsewhere.
        groups_ = {input(), batch, 2};
        exchange_.open(groups_.size());
        return groups_.work();
    }

    void runTask(std::size_t task, engine::TaskContext& context) override
    {
        auto table = tables_.take();
        try {
            for (auto [i, end] = groups_[task]; i != end; ++i) {
                context.partition = i;
                *table = runFused(
                    chain_, Terminal{std::move(*table), reducer_}, recordsOf<U>(input()[i]));
            }
            if constexpr (requires { table->settle(); }) { table->settle(); }
        } catch (...) {
            *table = Table{}; // went down with the loop; the pool takes only what can be used again
            throw;
        }
        exchange_.put(task, std::move(table));
    }

private:
    Op chain_;
    Reducer reducer_;
    engine::TaskGroups groups_;
    Pool<Table> tables_;
};

} // namespace sluice::detail::inline SLUICE_ABI
