#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/input/detail/byte_stream_source.hpp>

#include <string_view>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL ByteStreamSource::ByteStreamSource(
    engine::StageInfo&& info, const Options& options, std::unique_ptr<BlockFramer> framer)
    : ReceiverStage{std::move(info), options}, framer_{std::move(framer)}
{
    announcesItself_ = true;
}

SLUICE_DECL ByteStreamSource::~ByteStreamSource() = default;

SLUICE_DECL void ByteStreamSource::read(std::size_t bytes)
{
    framer_->commit(bytes);
    acceptPending();
    if (framer_->full()) { closeBlock(); }
    if (const char* why = framer_->broken()) { throw Error{ErrorCode::badInput, why}; }
}

SLUICE_DECL void ByteStreamSource::acceptPending()
{
    const std::size_t records = framer_->pendingRecords() - acceptedRecords_;
    const std::size_t bytes = framer_->pendingBytes() - acceptedBytes_;
    acceptedRecords_ += records;
    acceptedBytes_ += bytes;
    accept(records, bytes);
}

SLUICE_DECL void ByteStreamSource::streamEnded(bool inOrder)
{
    reportRefusals();
    const char* broken = framer_->broken();
    const std::size_t lost = framer_->endConnection(inOrder);
    acceptPending();
    if (lost > 0) {
        reportRefused(broken != nullptr ? broken : "the stream ended within a frame", lost);
    }
}

SLUICE_DECL void ByteStreamSource::reportRefusals()
{
    const std::size_t refused = framer_->refused();
    if (refused > refusedBefore_) {
        reportRefused(framer_->refusal(), refused - refusedBefore_);
        refusedBefore_ = refused;
    }
}

SLUICE_DECL void ByteStreamSource::closeBlock()
{
    reportRefusals();
    auto block = framer_->cut();
    if (!block) { return; }
    acceptedRecords_ = 0;
    acceptedBytes_ = 0;
    struct Held {
        std::shared_ptr<const void> bytes;
        std::string_view text;
    };
    const std::size_t weight = block->text.size();
    auto held = std::make_shared<const Held>(Held{std::move(block->owner), block->text});
    const std::string_view* record = &held->text;
    addBlock({std::move(held), record, 1, weight});
}

} // namespace sluice::detail::inline SLUICE_ABI
