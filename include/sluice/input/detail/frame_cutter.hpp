#pragma once

#include <sluice/algebra/framing.hpp>
#include <sluice/input/detail/block_framer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <utility>

namespace sluice::detail {

/// How long a frame may be: what the framing says, or else the `usual` limit.
template <class F>
[[nodiscard]] std::size_t longestFrame(const F& framing, std::size_t usual)
{
    if constexpr (requires { std::size_t{framing.longest()}; }) {
        return framing.longest();
    } else {
        return usual;
    }
}

/// Turns reads into blocks of whole frames: where those end is asked of a `Framing`, which is not
/// trusted either.
///
/// A frame that the framing skips is counted and never buffered beyond what it wants to keep. One
/// that is longer than `longest` without its saying so breaks the stream.
template <class F>
class FrameCutter final : public BlockFramer {
public:
    explicit FrameCutter(F framing, std::size_t longest, std::size_t blockBytes = usualBlockBytes)
        : BlockFramer{std::clamp<std::size_t>(longest, 1, SIZE_MAX / 4), blockBytes},
          framing_{std::move(framing)}
    {
    }

    void commit(std::size_t bytes) override
    {
        end_ += bytes;
        if (broken_ == nullptr && end_ - recordStart_ >= wanted_) { cutFrames(); }
    }

    [[nodiscard]] const char* refusal() const override { return "frames longer than maxFrame"; }

    [[nodiscard]] const char* broken() const override { return broken_; }

    /// The frame that broke the stream, or that is not whole, is lost.
    std::size_t endConnection(bool /*inOrder*/) override
    {
        const bool lost = end_ != recordStart_ && !dropping_;
        end_ = recordStart_;
        seen_ = 0;
        wanted_ = 1;
        dropping_ = false;
        broken_ = nullptr;
        return lost ? 1 : 0;
    }

private:
    void cutFrames()
    {
        std::size_t at = recordStart_; // what lies between is refused
        while (broken_ == nullptr && end_ - at >= wanted_) {
            at += frameAt(at);
        }
        const std::size_t left = end_ - at;
        move(at, left);
        end_ = recordStart_ + left;
    }

    /// Asks for the frame that begins there; how many bytes are done with.
    std::size_t frameAt(std::size_t at)
    {
        const std::string_view rest{buffer_.get() + at, end_ - at};
        const Frame frame = std::invoke(std::as_const(framing_), rest, seen_);
        switch (frame.kind()) {
        case Frame::Kind::whole:
            if (!frame.fits(rest)) {
                return breakOff("the framing's frame is not within the bytes");
            }
            if (frame.size() > longest_) { return breakOff(tooLong); }
            if (!std::exchange(dropping_, false)) {
                move(at, frame.size());
                recordStart_ += frame.size();
                ++records_;
            }
            break;
        case Frame::Kind::more:
            seen_ = rest.size();
            wanted_ = std::max(frame.size(), rest.size() + 1);
            return wanted_ > longest_ ? breakOff(tooLong) : 0;
        case Frame::Kind::skip:
            if (frame.size() == 0 || frame.size() > rest.size()) {
                return breakOff("the framing skips what is not there");
            }
            if (!std::exchange(dropping_, true)) { ++refused_; }
            break;
        case Frame::Kind::broken:
            return breakOff(frame.why());
        }
        seen_ = 0;
        wanted_ = 1;
        return frame.size();
    }

    std::size_t breakOff(const char* why)
    {
        broken_ = why;
        return 0;
    }

    /// Moves bytes down to the end of the block.
    void move(std::size_t from, std::size_t size)
    {
        if (from != recordStart_) {
            std::memmove(buffer_.get() + recordStart_, buffer_.get() + from, size);
        }
    }

    static constexpr const char* tooLong = "a frame beyond the longest that may be";

    [[no_unique_address]] F framing_;
    std::size_t seen_ = 0;   // of the unfinished frame, when the framing was asked last
    std::size_t wanted_ = 1; // bytes of it that there must be before it is asked again
    bool dropping_ = false;  // the unfinished frame is already refused
    const char* broken_ = nullptr;
};

} // namespace sluice::detail
