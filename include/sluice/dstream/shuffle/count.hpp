#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/shuffle/detail/fold_stage.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::detail {

/// The terminal of `count`.
class CountFold {
public:
    using Result = std::int64_t;

    constexpr void operator()(const auto&) { ++count_; }
    constexpr CountFold finish() { return *this; }
    constexpr void merge(const CountFold& other) { count_ += other.count_; }
    [[nodiscard]] std::vector<std::int64_t> records() const { return {count_}; }

private:
    std::int64_t count_ = 0;
};

} // namespace sluice::detail

namespace sluice::inline SLUICE_ABI {

/// The operator behind `count()`.
class Count {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool shrinks = false;
    static constexpr std::string_view name{"count"};

    template <class T>
    using Output = std::int64_t;

    template <class T>
    static constexpr bool accepts = true;

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<std::int64_t>
    {
        return detail::foldStream<Count>(stream, detail::CountFold{});
    }

    template <class Finite>
    auto evaluateOn(Finite& input) const
    {
        return input.into(detail::CountFold{}).records();
    }
};

/// One record: how many records the batch has.
///
/// - **Types**: `DStream<T>` to `DStream<std::int64_t>`.
/// - **Moves**: one number a task.
/// - **Shape**: two stages; the result has one partition.
/// - **Empty**: an empty batch gives one record, 0.
/// - **Cost**: one addition per record.
/// - **Source**: Spark's `DStream.count`.
[[nodiscard]] inline Count count()
{
    return {};
}

} // namespace sluice::inline SLUICE_ABI
