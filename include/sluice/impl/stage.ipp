#pragma once

#include <sluice/engine/stage.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <utility>

namespace sluice::inline SLUICE_ABI::engine {

SLUICE_DECL Stage::Stage(StageInfo&& info, Inputs&& inputs)
    : info_{std::move(info)}, inputs_{std::move(inputs)}
{
}

SLUICE_DECL Stage::Stage(StageInfo&& info, std::shared_ptr<Stage> input) : info_{std::move(info)}
{
    inputs_.push_back(std::move(input));
}

SLUICE_DECL Stage::~Stage() = default;
SLUICE_DECL asio::awaitable<void> Stage::work(SuspensionContext&)
{
    co_return;
}
SLUICE_DECL void Stage::release() noexcept
{
    output_.clear();
}

} // namespace sluice::inline SLUICE_ABI::engine
