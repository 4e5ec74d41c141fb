#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/algebra/framing.hpp>

#include <cstddef>
#include <functional>
#include <iterator>
#include <ranges>
#include <string_view>
#include <utility>

namespace sluice::detail {

/// The records of a text that consists of whole frames.
template <class F>
class FrameRecords : public std::ranges::view_interface<FrameRecords<F>> {
public:
    class Iterator {
    public:
        using value_type = std::string_view;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;
        Iterator(const F& framing, std::string_view rest) : framing_{&framing}, rest_{rest}
        {
            look();
        }

        std::string_view operator*() const { return record_; }

        Iterator& operator++()
        {
            rest_.remove_prefix(size_);
            look();
            return *this;
        }
        void operator++(int) { ++*this; }

        friend bool operator==(const Iterator& a, std::default_sentinel_t)
        {
            return a.rest_.empty();
        }

    private:
        void look()
        {
            if (!rest_.empty()) { size_ = first(*framing_, rest_, record_); }
        }

        const F* framing_ = nullptr;
        std::string_view rest_;
        std::string_view record_;
        std::size_t size_ = 0;
    };

    FrameRecords(const F& framing, std::string_view text) : framing_{framing}, text_{text} {}

    [[nodiscard]] Iterator begin() const { return {framing_, text_}; }
    [[nodiscard]] std::default_sentinel_t end() const { return std::default_sentinel; }

    /// Calls `sink(record)` for each record in order.
    template <class Sink>
    void forEach(Sink&& sink) const
    {
        std::string_view record;
        for (std::string_view rest = text_; !rest.empty();) {
            rest.remove_prefix(first(framing_, rest, record));
            sink(std::string_view{record});
        }
    }

private:
    /// How many bytes the first frame has; `record` becomes its record.
    static std::size_t first(const F& framing, std::string_view rest, std::string_view& record)
    {
        const Frame frame = std::invoke(framing, rest, std::size_t{0});
        if (frame.kind() != Frame::Kind::whole || !frame.fits(rest)) {
            throw Error{ErrorCode::badInput,
                "sluice: socketStream: the framing found a frame when it came, and not when it was "
                "asked again: it must answer by the bytes of the frame alone"};
        }
        record = frame.record(rest);
        return frame.size();
    }

    [[no_unique_address]] F framing_;
    std::string_view text_;
};

/// For `flatMap`: the records of blocks of whole frames, as views into them.
template <class F>
class FramesFn {
public:
    using SluiceBorrows = void;

    explicit FramesFn(F framing) : framing_{std::move(framing)} {}

    [[nodiscard]] FrameRecords<F> operator()(std::string_view block) const
    {
        return {framing_, block};
    }

private:
    [[no_unique_address]] F framing_;
};

} // namespace sluice::detail
