#pragma once

#include <sluice/dstream/producer.hpp>
#include <sluice/engine/config.hpp>
#include <sluice/engine/source.hpp>

#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// The stage of a source: keeps what was cut for each batch until the batch is processed.
template <class T>
class SourceStage : public Producer<T>, public engine::Source {
public:
    SourceStage(engine::StageInfo info) : Producer<T>{std::move(info), {}} {}

    engine::Stage::Work open(const engine::BatchContext& batch) override
    {
        const std::lock_guard lock{mutex_};
        while (!cuts_.empty() && cuts_.front().first <= batch.time()) {
            this->output_ = std::move(cuts_.front().second);
            cuts_.pop_front();
        }
        return {};
    }
    void runTask(std::size_t, engine::TaskContext&) override {}
    [[nodiscard]] engine::Source* source() noexcept override { return this; }

    asio::awaitable<void> run(engine::SourceContext) override { co_return; }

protected:
    /// What the batch at `time` is to see.
    void give(Time time, std::vector<Partition<T>> partitions)
    {
        const std::lock_guard lock{mutex_};
        cuts_.emplace_back(time, std::move(partitions));
    }

private:
    std::mutex mutex_;
    std::deque<std::pair<Time, std::vector<Partition<T>>>> cuts_;
};

} // namespace sluice::inline SLUICE_ABI
