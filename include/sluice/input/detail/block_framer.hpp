#pragma once

#include <sluice/input/detail/buffer_pool.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace sluice::detail {

/// A run of whole records, every one as it came, and what keeps their bytes alive.
struct TextBlock {
    std::shared_ptr<const void> owner;
    std::string_view text;
    std::size_t records = 0;
};

/// Turns reads into blocks of whole records; the bytes of a record that is whole are not copied.
///
/// What a record is, is up to what derives from it. Successive blocks share a buffer until it is
/// full, so small blocks are cheap and move no unfinished record. A buffer grows with the bytes
/// that have come, never with what they say will come. Not for use from two threads at once; the
/// blocks may go anywhere.
class BlockFramer {
public:
    static constexpr std::size_t usualBlockBytes = std::size_t{256} * 1024;

    BlockFramer(const BlockFramer&) = delete;
    BlockFramer& operator=(const BlockFramer&) = delete;
    virtual ~BlockFramer() = default;

    /// Where the next read goes: never empty, a sixteenth of a block or more. While `full()` call
    /// `cut()` first, or the block grows instead of staying within its bound.
    [[nodiscard]] std::span<char> writable()
    {
        if (freeBytes() < roomBytes_) { moveToNewBuffer(); }
        return {buffer_.get() + end_, freeBytes()};
    }

    /// `bytes` more were read to where `writable()` said.
    virtual void commit(std::size_t bytes) = 0;

    /// Whole records that no block has yet.
    [[nodiscard]] std::size_t pendingRecords() const { return records_; }

    [[nodiscard]] std::size_t pendingBytes() const { return recordStart_ - blockStart_; }

    /// The open block should be cut before the next read.
    [[nodiscard]] bool full() const { return records_ != 0 && freeBytes() < roomBytes_; }

    /// Closes the open block, if it has a record; the unfinished last one stays for the next block.
    [[nodiscard]] std::optional<TextBlock> cut()
    {
        if (records_ == 0) { return std::nullopt; }
        TextBlock block{buffer_, {buffer_.get() + blockStart_, pendingBytes()}, records_};
        blockStart_ = recordStart_;
        records_ = 0;
        return block;
    }

    /// Records dropped because they were too long, while the stream went on.
    [[nodiscard]] std::size_t refused() const { return refused_; }

    /// What those were.
    [[nodiscard]] virtual const char* refusal() const = 0;

    /// Why nothing that comes in this stream can be understood any more; null where all is well.
    [[nodiscard]] virtual const char* broken() const { return nullptr; }

    /// The sender closed, `inOrder` or not, or was left. Returns how many records were lost with it
    /// that count as refused; whole ones stay. What is committed from now on is another stream.
    virtual std::size_t endConnection(bool inOrder) = 0;

protected:
    BlockFramer(std::size_t longest, std::size_t blockBytes)
        : longest_{longest},
          roomBytes_{std::clamp<std::size_t>(blockBytes / 16, 1, std::size_t{64} * 1024)},
          bufferBytes_{std::max(blockBytes, roomBytes_ + 1)},
          pool_{std::make_shared<BufferPool>(bufferBytes_)}
    {
    }

    std::size_t longest_; ///< what an unfinished record may come to
    std::shared_ptr<char> buffer_;

    // In the buffer: blocks already cut, up to blockStart_; the open block, up to recordStart_; the
    // unfinished record, up to end_.
    std::size_t blockStart_ = 0;
    std::size_t recordStart_ = 0;
    std::size_t end_ = 0;

    std::size_t records_ = 0; ///< in the open block
    std::size_t refused_ = 0;

private:
    [[nodiscard]] std::size_t freeBytes() const
    {
        // One byte stays for an end that a stream closed in order may lack, and may be used up.
        return end_ + 1 < capacity_ ? capacity_ - 1 - end_ : 0;
    }

    void moveToNewBuffer()
    {
        const std::size_t used = end_ - blockStart_;
        std::size_t wanted = std::max(bufferBytes_, used + roomBytes_ + 1);
        if (used > bufferBytes_ / 2) {
            // Doubling, so that a growing record is copied O(1) times per byte.
            wanted = std::max(wanted, std::min(2 * used, longest_ + roomBytes_ + 1));
        }
        auto next = pool_->take(wanted);
        if (used != 0) { std::memcpy(next.get(), buffer_.get() + blockStart_, used); }
        buffer_ = std::move(next);
        capacity_ = wanted;
        recordStart_ -= blockStart_;
        end_ = used;
        blockStart_ = 0;
    }

    std::size_t roomBytes_;
    std::size_t bufferBytes_;
    std::shared_ptr<BufferPool> pool_;
    std::size_t capacity_ = 0;
};

} // namespace sluice::detail
