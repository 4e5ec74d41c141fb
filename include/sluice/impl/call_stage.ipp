#pragma once

#include <sluice/dstream/detail/call_stage.hpp>
#include <sluice/engine/lifecycle.hpp> // withinReason

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL CallStage::CallStage(engine::StageInfo&& info, std::shared_ptr<engine::Stage> input,
    const engine::Runtime& runtime, std::size_t concurrency, std::optional<Duration> timeout)
    : Stage{std::move(info), std::move(input)}
{
    settings_.name = this->info().name;
    settings_.concurrency = concurrency;
    if (timeout) { settings_.timeout = engine::detail::withinReason(*timeout); }
    settings_.compute = runtime.compute();
    settings_.clock = runtime.options().clock;
    settings_.engine = runtime.lifetime();
}

SLUICE_DECL engine::Stage::Work CallStage::open(const engine::BatchContext&)
{
    std::size_t records = 0;
    for (const AnyPartition& partition : input()) {
        records += partition.size;
    }
    return {0, records};
}

SLUICE_DECL asio::awaitable<void> CallStage::work(engine::SuspensionContext& context)
{
    const auto run = makeRun(leftBehind_);
    {
        const std::lock_guard lock{mutex_};
        run_ = run;
        if (abandoned_) { run->abandon(); }
    }
    run->start(context);
    if (!run->ended().isOpen()) { co_await run->ended().opened(); }
    run->report(context);
}

SLUICE_DECL void CallStage::abandon()
{
    std::shared_ptr<CallRun> run;
    {
        const std::lock_guard lock{mutex_};
        abandoned_ = true;
        run = run_;
    }
    if (run) { run->abandon(); }
}

SLUICE_DECL void CallStage::close(const engine::BatchContext&)
{
    run_->publish(output_);
}

SLUICE_DECL void CallStage::release() noexcept
{
    Stage::release();
    const std::lock_guard lock{mutex_};
    run_.reset();
}

} // namespace sluice::detail::inline SLUICE_ABI
