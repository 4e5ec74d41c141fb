#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/history.hpp>
#include <sluice/engine/stage.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <string>
#include <utility>

namespace sluice::inline SLUICE_ABI::engine {

SLUICE_DECL Stage::Stage(StageInfo&& info, Inputs&& inputs)
    : info_{std::move(info)},
      inputs_{std::move(inputs)},
      slide_{inputs_.empty() ? 1 : inputs_.front()->slide()}
{
    for (const auto& input : inputs_) {
        if (input->slide() != slide_) {
            throw InvalidArgument{"sluice: " + info_.name +
                                  ": streams with different slides were given, a batch in every " +
                                  std::to_string(slide_) + " and one in every " +
                                  std::to_string(input->slide()) +
                                  "; all must have the same (window them alike)"};
        }
    }
}

SLUICE_DECL Stage::Stage(StageInfo&& info, std::shared_ptr<Stage> input)
    : info_{std::move(info)}, slide_{input->slide()}
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

SLUICE_DECL void Stage::rememberFor(Duration span)
{
    if (!history_) { history_ = std::make_unique<History>(); }
    history_->keepFor(span);
}

SLUICE_DECL void Stage::closed(const BatchContext& batch)
{
    if (history_) { history_->add(batch.metadata, output_); }
}

} // namespace sluice::inline SLUICE_ABI::engine
