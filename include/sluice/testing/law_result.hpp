#pragma once

#include <sluice/output/text_form.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::inline SLUICE_ABI::testing {

/// What a check of a law found. True where the law held; else it has a counterexample to show. Test
/// frameworks print it by its `operator<<`.
class LawResult {
public:
    LawResult(std::size_t cases, std::optional<std::uint64_t> seed, std::string counterexample)
        : cases_{cases}, seed_{seed}, counterexample_{std::move(counterexample)}
    {
    }

    [[nodiscard]] explicit operator bool() const noexcept { return counterexample_.empty(); }

    /// Cases that were tried.
    [[nodiscard]] std::size_t cases() const noexcept { return cases_; }
    /// What to give as `LawOptions::seed` to see the same cases again; none for samples.
    [[nodiscard]] std::optional<std::uint64_t> seed() const noexcept { return seed_; }
    /// Both sides of the law and the values that tell them apart; empty where it held.
    [[nodiscard]] const std::string& counterexample() const noexcept { return counterexample_; }

    friend std::ostream& operator<<(std::ostream& out, const LawResult& result)
    {
        if (result) { return out << "held in " << result.cases_ << " cases"; }
        out << result.counterexample_ << " (case " << result.cases_;
        if (result.seed_) { out << ", seed " << *result.seed_; }
        return out << ')';
    }

private:
    std::size_t cases_;
    std::optional<std::uint64_t> seed_;
    std::string counterexample_;
};

} // namespace sluice::inline SLUICE_ABI::testing

namespace sluice::inline SLUICE_ABI::testing::detail {

/// `name = value`, as records are printed, but numbers to their last digit.
template <class T>
void appendNamed(std::string& out, std::string_view name, const T& value)
{
    out += name;
    out += " = ";
    if constexpr (std::floating_point<T>) {
        std::array<char, 64> text{};
        const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
        out.append(text.data(), written.ptr);
    } else if constexpr (TextWritable<T>) {
        appendText(out, value);
    } else {
        out += "(no text form)";
    }
}

} // namespace sluice::inline SLUICE_ABI::testing::detail
