#pragma once

#include <sluice/algebra/detail/split.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice {

/// The pieces of a text, cut where `Rule` says: a borrowed forward range of `std::string_view` into
/// it.
///
/// Holds a view of the text only; what `words`, `lines` and `splitBy(c)` return. `forEach` visits
/// the pieces 64 bytes of text at a time, several times as fast as the iterators do.
template <class Rule>
class TextPieces : public std::ranges::view_interface<TextPieces<Rule>> {
public:
    class Iterator {
    public:
        using value_type = std::string_view;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::forward_iterator_tag;
        using iterator_category = std::input_iterator_tag;

        constexpr Iterator() = default;
        constexpr Iterator(Rule rule, std::string_view text)
            : rule_{rule}, cut_{text.data(), text.data() + text.size(), false}
        {
            ++*this;
        }

        constexpr std::string_view operator*() const { return piece_; }

        constexpr Iterator& operator++()
        {
            done_ = !rule_.next(cut_, piece_);
            return *this;
        }

        constexpr Iterator operator++(int)
        {
            Iterator before = *this;
            ++*this;
            return before;
        }

        friend constexpr bool operator==(const Iterator& a, const Iterator& b)
        {
            return a.done_ == b.done_ && (a.done_ || a.piece_.data() == b.piece_.data());
        }
        friend constexpr bool operator==(const Iterator& a, std::default_sentinel_t)
        {
            return a.done_;
        }

    private:
        [[no_unique_address]] Rule rule_{};
        detail::Cut cut_{nullptr, nullptr, true};
        std::string_view piece_;
        bool done_ = true;
    };

    constexpr TextPieces() = default;
    constexpr TextPieces(Rule rule, std::string_view text) : rule_{rule}, text_{text} {}

    [[nodiscard]] constexpr Iterator begin() const { return Iterator{rule_, text_}; }
    [[nodiscard]] constexpr std::default_sentinel_t end() const { return std::default_sentinel; }

    /// Calls `sink(piece)` for each piece in order.
    template <class Sink>
    constexpr void forEach(Sink&& sink) const
    {
        if (std::is_constant_evaluated()) {
            for (std::string_view piece : *this) {
                sink(std::string_view{piece});
            }
        } else {
            rule_.template forEach<detail::BestMasks>(text_, sink);
        }
    }

private:
    [[no_unique_address]] Rule rule_{};
    std::string_view text_;
};

namespace detail {
/// A temporary that owns its bytes: pieces of it would dangle.
template <class Text>
concept DyingText =
    !std::is_lvalue_reference_v<Text> && std::ranges::range<Text> &&
    !std::ranges::borrowed_range<Text> && std::convertible_to<Text, std::string_view>;

template <class Rule>
class SplitFn {
public:
    using SluiceBorrows = void;

    constexpr explicit SplitFn(Rule rule) : rule_{rule} {}

    [[nodiscard]] constexpr TextPieces<Rule> operator()(std::string_view text) const
    {
        return {rule_, text};
    }

    template <DyingText Text>
    constexpr TextPieces<Rule> operator()(Text&&) const = delete;

private:
    [[no_unique_address]] Rule rule_;
};
} // namespace detail

/// The words of a text: its maximal runs of bytes other than the six ASCII white-space bytes.
///
/// - **Types**: `std::string_view` to a range of `std::string_view`; for `flatMap`.
/// - **Takes**: anything that converts to `std::string_view`, but no temporary that owns its bytes.
/// - **Empty**: a text without words gives an empty range.
/// - **Cost**: one pass, no copy, no allocation; the words are views into the text.
/// - **Source**: `_.split("\\s+")` of Spark's word counts, without the empty first word.
inline constexpr detail::SplitFn<detail::WordRule> words{detail::WordRule{}};

/// The lines of a text, without their ends: LF, CR or CR LF. The last line needs no end.
///
/// - **Types**: `std::string_view` to a range of `std::string_view`; for `flatMap`.
/// - **Takes**: anything that converts to `std::string_view`, but no temporary that owns its bytes.
/// - **Empty**: an empty text has no line; an empty line is an empty piece.
/// - **Cost**: one pass, no copy, no allocation; the lines are views into the text.
/// - **Source**: what Spark's `textFileStream` calls a line.
inline constexpr detail::SplitFn<detail::LineRule> lines{detail::LineRule{}};

/// The fields of a text between one-byte separators, empty ones included.
///
/// - **Types**: `std::string_view` to a range of `std::string_view`; for `flatMap`.
/// - **Takes**: the separator; the function it returns takes texts as `words` does.
/// - **Empty**: an empty text is one empty field; n separators always make n + 1 fields.
/// - **Cost**: one pass, no copy, no allocation; the fields are views into the text.
/// - **Source**: `_.split(c, -1)` of Spark's examples.
[[nodiscard]] constexpr auto splitBy(char separator)
{
    return detail::SplitFn<detail::FieldRule>{detail::FieldRule{detail::OneByte{separator}}};
}

} // namespace sluice

template <class Rule>
inline constexpr bool std::ranges::enable_borrowed_range<sluice::TextPieces<Rule>> = true;
