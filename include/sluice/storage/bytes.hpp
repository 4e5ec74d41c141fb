#pragma once

#include <sluice/version.hpp> // SLUICE_ABI

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace sluice::detail::inline SLUICE_ABI {
[[noreturn]] void throwBadInput(std::string_view what);
[[noreturn]] void throwTooFewBytes(std::size_t wanted, std::size_t left);
[[noreturn]] void throwBadCount(std::size_t count, std::size_t eachAtLeast, std::size_t left);
[[noreturn]] void throwTooMany(std::size_t count);
} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice {

namespace detail {
/// The bytes of a number, the lowest first, on every machine.
template <class Number>
constexpr auto littleEndian(std::array<char, sizeof(Number)> bytes)
{
    if constexpr (std::endian::native == std::endian::big) { std::ranges::reverse(bytes); }
    return bytes;
}
} // namespace detail

/// Appends values to bytes; what a `Serde<T>` writes to.
class Writer {
public:
    /// `out` must outlive the writer.
    explicit Writer(std::string& out) noexcept : out_{&out} {}

    void bytes(std::string_view bytes) { out_->append(bytes); }

    /// Integers, floating-point numbers and enums, in little-endian order.
    template <class Number>
    void number(Number value)
    {
        const auto raw =
            detail::littleEndian<Number>(std::bit_cast<std::array<char, sizeof(Number)>>(value));
        out_->append(raw.data(), raw.size());
    }

    /// How many elements follow: fewer than 2^32, or it throws.
    void count(std::size_t elements)
    {
        if (elements > std::numeric_limits<std::uint32_t>::max()) {
            detail::throwTooMany(elements);
        }
        number(static_cast<std::uint32_t>(elements));
    }

    /// Bytes written so far, whatever stood before them.
    [[nodiscard]] std::size_t size() const noexcept { return out_->size(); }

private:
    std::string* out_;
};

/// Takes values off the front of bytes that nobody vouches for; what a `Serde<T>` reads from.
///
/// Whatever is not there, or cannot be true, throws an Error of code `badInput`.
class Reader {
public:
    /// Views that are read point into `bytes`.
    explicit Reader(std::string_view bytes) noexcept : bytes_{bytes} {}

    [[nodiscard]] std::size_t left() const noexcept { return bytes_.size(); }

    [[nodiscard]] std::string_view bytes(std::size_t size)
    {
        if (size > bytes_.size()) { detail::throwTooFewBytes(size, bytes_.size()); }
        const auto taken = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return taken;
    }

    template <class Number>
    [[nodiscard]] Number number()
    {
        std::array<char, sizeof(Number)> raw{};
        std::ranges::copy(bytes(raw.size()), raw.begin());
        return std::bit_cast<Number>(detail::littleEndian<Number>(raw));
    }

    /// How many elements of at least so many bytes follow. Checked against the bytes that are left,
    /// so that it can be trusted with memory.
    [[nodiscard]] std::size_t count(std::size_t eachAtLeast)
    {
        const std::size_t elements = number<std::uint32_t>();
        if (elements > left() / eachAtLeast) {
            detail::throwBadCount(elements, eachAtLeast, left());
        }
        return elements;
    }

    /// One level of values in values, while it lives. Types that contain themselves could otherwise
    /// be nested by an input until the stack is full.
    class Level {
    public:
        explicit Level(Reader& in) : in_{in}
        {
            if (in_.depth_ == mostLevels) {
                detail::throwBadInput("values are nested more than 100 levels deep");
            }
            ++in_.depth_;
        }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;
        ~Level() { --in_.depth_; }

    private:
        Reader& in_;
    };

private:
    static constexpr unsigned mostLevels = 100;

    std::string_view bytes_;
    unsigned depth_ = 0;
};

} // namespace sluice

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/bytes.ipp>
#endif
