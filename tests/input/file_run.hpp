#pragma once

#include <sluice/output/foreach_batch.hpp>
#include <sluice/testing/run_batches.hpp>

#include "support/temp_folder.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sluice::test {

/// An engine that reads a folder, with batches of a second from the epoch on, and what came of it.
class FileRun {
public:
    using Records = std::vector<std::string>;

    explicit FileRun(Options options = {}) : test_{std::move(options)} {}

    [[nodiscard]] engine::Runtime& runtime() { return test_.runtime(); }
    [[nodiscard]] testing::TestEngine& test() { return test_; }

    /// Keeps the records of a stream, as text, and starts.
    template <class Stream>
    void keep(const Stream& stream)
    {
        using T = typename Stream::Record;
        stream | foreachBatch([this](const Batch<T>& batch) {
            Records& records = batches_.emplace_back();
            for (const auto& record : batch) {
                records.emplace_back(record);
            }
            partitions_ = batch.partitions().size();
            offsets_ = batch.metadata().offsets;
        });
        start();
    }
    void start()
    {
        runtime().start();
        test_.executor().run();
    }

    /// The records of the next batch.
    const Records& next()
    {
        test_.nextBatch();
        return batches_.empty() ? none_ : batches_.back();
    }

    [[nodiscard]] const std::vector<Records>& batches() const { return batches_; }
    [[nodiscard]] std::size_t partitions() const { return partitions_; }
    [[nodiscard]] const std::vector<OffsetRange>& offsets() const { return offsets_; }

    [[nodiscard]] SourceMetrics source() { return runtime().events().metrics().sources.back(); }

    template <class E>
    [[nodiscard]] std::vector<std::string> messages()
    {
        std::vector<std::string> found;
        for (const auto& event : runtime().events().since(0)) {
            if (const auto* one = std::get_if<E>(&event)) { found.push_back(one->message); }
        }
        return found;
    }

private:
    testing::TestEngine test_;
    std::vector<Records> batches_;
    Records none_;
    std::size_t partitions_ = 0;
    std::vector<OffsetRange> offsets_;
};

} // namespace sluice::test
