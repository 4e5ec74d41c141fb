#pragma once

#include <sluice/algebra/error.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace sluice {

/// What a framing says of bytes that begin where a frame begins.
class Frame {
public:
    enum class Kind { whole, more, skip, broken };

    /// The first `size` bytes are a frame. Its record is what they are without `header` bytes in
    /// front and `trailer` bytes at the end.
    [[nodiscard]] static constexpr Frame whole(
        std::size_t size, std::size_t header = 0, std::size_t trailer = 0)
    {
        return {Kind::whole, size, header, trailer, nullptr};
    }

    /// The frame ends further on; it has `atLeast` bytes, where that is known.
    [[nodiscard]] static constexpr Frame more(std::size_t atLeast = 0)
    {
        return {Kind::more, atLeast, 0, 0, nullptr};
    }

    /// The frame is too long: it is refused, and its first `size` bytes are of no use any more. It
    /// goes on behind them, and the next `whole` is its end.
    [[nodiscard]] static constexpr Frame skip(std::size_t size)
    {
        return {Kind::skip, size, 0, 0, nullptr};
    }

    /// This is no frame, and where the next one begins cannot be known. `why` is a literal.
    [[nodiscard]] static constexpr Frame broken(const char* why)
    {
        return {Kind::broken, 0, 0, 0, why};
    }

    [[nodiscard]] constexpr Kind kind() const { return kind_; }
    [[nodiscard]] constexpr std::size_t size() const { return size_; }
    [[nodiscard]] constexpr const char* why() const { return why_; }

    /// Whether a whole frame lies within `bytes`, and its record within the frame.
    [[nodiscard]] constexpr bool fits(std::string_view bytes) const
    {
        return size_ != 0 && size_ <= bytes.size() && header_ <= size_ &&
               trailer_ <= size_ - header_;
    }

    /// The record of a whole frame that fits.
    [[nodiscard]] constexpr std::string_view record(std::string_view bytes) const
    {
        return {bytes.data() + header_, size_ - header_ - trailer_};
    }

private:
    constexpr Frame(
        Kind kind, std::size_t size, std::size_t header, std::size_t trailer, const char* why)
        : kind_{kind}, size_{size}, header_{header}, trailer_{trailer}, why_{why}
    {
    }

    Kind kind_;
    std::size_t size_;
    std::size_t header_;
    std::size_t trailer_;
    const char* why_;
};

/// `F` cuts a stream of bytes into frames: `Frame(std::string_view bytes, std::size_t seen) const`.
///
/// `bytes` begin where a frame begins, and are all that has come; of the first `seen` bytes it was
/// asked before and wanted more. It must answer by the bytes of the one frame alone: it is asked
/// again, on another thread and with other bytes behind, where the frame becomes a record. It may
/// have a member `longest()`, the bytes of the longest frame that it lets pass.
template <class F>
concept Framing = std::copy_constructible<F> &&
                  requires(const F& framing, std::string_view bytes, std::size_t seen) {
                      {
                          std::invoke(framing, bytes, seen)
                      } -> std::same_as<Frame>;
                  };

/// How long the length in front of a frame is, and how long the rest may be.
struct LengthPrefix {
    std::size_t bytes = 4;                        ///< 1, 2, 4 or 8, the highest byte first
    std::size_t maxFrame = std::size_t{1} << 20U; ///< bytes behind the length, at most
};

/// How long what lies between delimiters may be.
struct Delimiter {
    std::size_t maxFrame = std::size_t{1} << 20U; ///< bytes, the delimiter not counted
};

namespace detail {
inline std::size_t checkedMaxFrame(
    const char* function, std::size_t maxFrame, const char* option = "maxFrame")
{
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max() / 4;
    if (maxFrame == 0 || maxFrame > most) {
        throw InvalidArgument{std::string{"sluice: "} + function + ": " + option + " is " +
                              std::to_string(maxFrame) + ", and must be from 1 to " +
                              std::to_string(most)};
    }
    return maxFrame;
}

class LengthPrefixed {
public:
    constexpr LengthPrefixed(std::size_t bytes, std::size_t maxFrame)
        : bytes_{bytes}, maxFrame_{maxFrame}
    {
    }

    [[nodiscard]] constexpr std::size_t longest() const { return bytes_ + maxFrame_; }

    [[nodiscard]] constexpr Frame operator()(std::string_view bytes, std::size_t /*seen*/) const
    {
        if (bytes.size() < bytes_) { return Frame::more(bytes_); }
        std::uint64_t length = 0;
        for (const char byte : bytes.substr(0, bytes_)) {
            length = length << 8U | static_cast<unsigned char>(byte);
        }
        // A negative length is a huge one here.
        if (length > maxFrame_) { return Frame::broken("a length beyond maxFrame"); }
        const std::size_t size = bytes_ + static_cast<std::size_t>(length);
        return bytes.size() < size ? Frame::more(size) : Frame::whole(size, bytes_);
    }

private:
    std::size_t bytes_;
    std::size_t maxFrame_;
};

class Delimited {
public:
    Delimited(std::string delimiter, std::size_t maxFrame)
        : delimiter_{std::move(delimiter)}, maxFrame_{maxFrame}
    {
    }

    [[nodiscard]] std::size_t longest() const { return maxFrame_ + delimiter_.size(); }

    [[nodiscard]] Frame operator()(std::string_view bytes, std::size_t seen) const
    {
        const std::size_t half = delimiter_.size() - 1; // what may be there of one not yet whole
        const std::size_t from = seen > half ? seen - half : 0;
        const std::size_t end = bytes.find(delimiter_, from);
        if (end != std::string_view::npos) {
            return end > maxFrame_ ? Frame::skip(end)
                                   : Frame::whole(end + delimiter_.size(), 0, delimiter_.size());
        }
        const std::size_t sure = bytes.size() > half ? bytes.size() - half : 0;
        return sure > maxFrame_ ? Frame::skip(sure) : Frame::more(bytes.size() + 1);
    }

private:
    std::string delimiter_;
    std::size_t maxFrame_;
};
} // namespace detail

/// Frames with their length in front, in 1, 2, 4 or 8 bytes, the highest first.
///
/// - **Types**: a `Framing`, for `socketStream`.
/// - **Takes**: how many bytes the length has, and `maxFrame`, how many may follow it.
/// - **Empty**: a length of 0 is an empty record.
/// - **Errors**: InvalidArgument for what the fields do not take. A length beyond `maxFrame`, and
///   so a negative one, breaks the stream: where the next frame begins cannot be known.
/// - **Cost**: nothing is allocated by what a length says.
[[nodiscard]] inline detail::LengthPrefixed lengthPrefixed(LengthPrefix prefix = {})
{
    if (prefix.bytes != 1 && prefix.bytes != 2 && prefix.bytes != 4 && prefix.bytes != 8) {
        throw InvalidArgument{"sluice: lengthPrefixed: bytes is " + std::to_string(prefix.bytes) +
                              ", and must be 1, 2, 4 or 8"};
    }
    return {prefix.bytes, detail::checkedMaxFrame("lengthPrefixed", prefix.maxFrame)};
}

/// Frames that end with a delimiter, which is not part of the record.
///
/// - **Types**: a `Framing`, for `socketStream`.
/// - **Takes**: a byte or a text that is not empty, and `maxFrame`, how long a record may be.
/// - **Empty**: nothing between two delimiters is an empty record.
/// - **Errors**: InvalidArgument for what the arguments do not take. A longer record is refused,
///   and the next one comes.
/// - **Cost**: bytes are looked at once, however few of them come at a time.
[[nodiscard]] inline detail::Delimited delimitedBy(std::string delimiter, Delimiter options = {})
{
    if (delimiter.empty()) {
        throw InvalidArgument{"sluice: delimitedBy(delimiter): the delimiter is empty, and must "
                              "have a byte or more"};
    }
    return {std::move(delimiter), detail::checkedMaxFrame("delimitedBy", options.maxFrame)};
}
[[nodiscard]] inline detail::Delimited delimitedBy(char delimiter, Delimiter options = {})
{
    return delimitedBy(std::string(1, delimiter), options);
}

} // namespace sluice
