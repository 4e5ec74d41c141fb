#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/input/generator_stream.hpp>
#include <sluice/input/source_stage.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

class GeneratorSource final : public SourceStage {
public:
    GeneratorSource(engine::StageInfo&& info, double recordsPerSecond, Duration batchInterval,
        std::size_t partitions)
        : SourceStage{engine::withPartitions(std::move(info), partitions)},
          recordsPerSecond_{recordsPerSecond},
          interval_{batchInterval},
          partitions_{partitions}
    {
    }

    void cut(BatchMetadata& batch) override
    {
        const std::uint64_t from = next_;
        // Multiplied before it is divided, so that whole numbers of records come out whole.
        const double elapsed =
            static_cast<double>(interval_.count()) * static_cast<double>(batch.index + 1);
        const double due = recordsPerSecond_ * elapsed / 1000;
        next_ = due < most ? static_cast<std::uint64_t>(due) : static_cast<std::uint64_t>(most);
        batch.offsets.push_back({info().name, 0, from, next_});
        std::vector<AnyPartition> made;
        for (std::size_t i = 0; i < partitions_; ++i) {
            made.push_back(part(from, next_, i));
        }
        give(batch, std::move(made), next_ - from);
    }

private:
    AnyPartition part(std::uint64_t from, std::uint64_t until, std::size_t i) const
    {
        const std::uint64_t count = until - from;
        const std::uint64_t share = count / partitions_;
        const std::uint64_t larger = count % partitions_;
        const auto start = [&](std::uint64_t n) { return from + n * share + std::min(n, larger); };
        auto range = std::make_shared<const IndexRange>(IndexRange{start(i), start(i + 1)});
        const IndexRange* record = range.get();
        return {std::move(range), record, 1, record->until - record->from};
    }

    static constexpr double most = 0x1p63;

    double recordsPerSecond_;
    Duration interval_;
    std::size_t partitions_;
    std::uint64_t next_ = 0;
};

SLUICE_DECL std::shared_ptr<engine::Stage> makeGeneratorSource(
    engine::Runtime& runtime, double recordsPerSecond)
{
    if (!(recordsPerSecond > 0) || !std::isfinite(recordsPerSecond)) {
        throw InvalidArgument{"sluice: generatorStream(function, rate): a rate of " +
                              std::to_string(recordsPerSecond) +
                              " records per second given, must be positive"};
    }
    const Options& options = runtime.options();
    return std::make_shared<GeneratorSource>(runtime.newStage("generatorStream"), recordsPerSecond,
        options.batchInterval, options.defaultPartitions);
}

} // namespace sluice::detail::inline SLUICE_ABI
