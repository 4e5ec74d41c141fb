#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/clock.hpp>
#include <sluice/engine/event_log.hpp>
#include <sluice/impl/clock.ipp>
#include <sluice/impl/complaint.ipp>
#include <sluice/impl/local_path.ipp>
#include <sluice/input/detail/file_selection.hpp>
#include <sluice/input/detail/read_files.hpp>
#include <sluice/input/source_stage.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

// About how much of a file one partition holds; a file is cut into so many at most.
constexpr std::uint64_t sliceBytes = std::uint64_t{16} << 20U;
constexpr std::uint64_t mostSlices = 1024;
// What opening a file costs, in bytes read; and a bound that keeps sums of sizes from overflowing.
constexpr std::uint64_t bytesPerOpen = 4096;
constexpr std::uint64_t mostWeight = std::uint64_t{1} << 40U;

/// The time that a file written from now on bears at least. The kernel takes it from a clock that
/// stands still for some milliseconds, which must not make a file look older than the stream.
inline Instant earliestWrite(const Clock& clock)
{
#if defined(CLOCK_REALTIME_COARSE)
    timespec now{};
    if (dynamic_cast<const engine::detail::SystemClock*>(&clock) != nullptr &&
        ::clock_gettime(CLOCK_REALTIME_COARSE, &now) == 0) {
        // A file of the very millisecond would be too old.
        return Instant{std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec} -
                       std::chrono::milliseconds{1}};
    }
#endif
    return clock.now();
}

/// The files of one batch, and their slices.
struct FileBatch {
    ChosenFiles files;
    std::vector<FileSlice> slices;
};

/// How large the slices of a file are.
inline std::uint64_t sliceSize(std::uint64_t fileSize, std::uint64_t cutAt)
{
    if (cutAt == 0) { return fileSize; }
    const std::uint64_t size = std::max(sliceBytes, fileSize / mostSlices + 1);
    return (size + cutAt - 1) / cutAt * cutAt;
}

inline std::vector<FileSlice> slicesOf(const std::vector<ChosenFile>& files, std::uint64_t cutAt)
{
    std::size_t count = 0;
    for (const ChosenFile& file : files) {
        if (file.size > 0) { count += (file.size - 1) / sliceSize(file.size, cutAt) + 1; }
    }
    std::vector<FileSlice> slices(count); // which cannot be moved
    auto slice = slices.begin();
    for (const ChosenFile& file : files) {
        const std::uint64_t step = sliceSize(file.size, cutAt);
        for (std::uint64_t from = 0; from < file.size; from += std::min(step, file.size - from)) {
            slice->file = &file;
            slice->from = from;
            slice->until = from + std::min(step, file.size - from);
            ++slice;
        }
    }
    return slices;
}

/// The stage of a stream of files. Looking through the directories may take long, so `io` has no
/// part in it: the files of a batch are chosen on `compute`, just before it is processed.
class FileSource final : public SourceStage {
public:
    FileSource(engine::StageInfo&& info, FileSourceInfo&& what, const Options& options,
        FileSelection&& selection)
        : SourceStage{std::move(info)},
          cutAt_{what.cutAt},
          refused_{std::move(what.refused)},
          interval_{options.batchInterval},
          clock_{options.clock},
          selection_{std::move(selection)}
    {
    }

    asio::awaitable<void> run(engine::SourceContext context) override
    {
        events_ = context.events;
        co_return;
    }

    void cut(BatchMetadata& batch) override { give(batch, {}, BatchInput{}); }

    [[nodiscard]] bool countsLate() const override { return true; }

    void prepare(BatchMetadata& batch) override
    {
        const Instant from = clock_->now();
        std::vector<std::string> problems;
        auto chosen = std::make_shared<FileBatch>();
        chosen->files = selection_.choose(batch.time, problems);
        chosen->slices = slicesOf(*chosen->files, cutAt_);
        for (const std::string& problem : problems) {
            reportError(problem);
        }
        const auto took = std::chrono::floor<Duration>(clock_->now() - from);
        if (took > interval_) {
            reportError("listing took " + toString(took) + ", longer than the batch interval of " +
                        toString(interval_));
        }
        describe(*chosen->files, batch);
        chosen_ = std::move(chosen);
    }

    Work open(const engine::BatchContext& batch) override
    {
        (void)SourceStage::open(batch);
        if (!chosen_) { return {}; }
        output_.reserve(chosen_->slices.size());
        for (const FileSlice& slice : chosen_->slices) {
            const auto weight = std::min(slice.until - slice.from, mostWeight) + bytesPerOpen;
            output_.push_back({chosen_, &slice, 1, static_cast<std::size_t>(weight)});
        }
        return {};
    }

    void release() noexcept override
    {
        try {
            if (chosen_) { report(*chosen_); }
        } catch (...) { // no memory to tell of it
        }
        chosen_.reset();
        SourceStage::release();
    }

private:
    /// Adds what was chosen to what is known of the batch.
    void describe(const std::vector<ChosenFile>& files, BatchMetadata& batch)
    {
        const auto input = std::find_if(batch.inputs.begin(), batch.inputs.end(),
            [this](const BatchInput& each) { return each.streamId == info().id; });
        Complaint empty;
        for (const ChosenFile& file : files) {
            batch.offsets.push_back({file.path, 0, 0, file.size});
            if (input != batch.inputs.end()) { input->bytes += file.size; }
            if (file.size == 0) { empty.add(file.path + " is empty"); }
        }
        if (empty.count() > 0) {
            reportError(empty.text() +
                        ": what is written to a file after it was chosen is not "
                        "seen; move files into the directory when they are complete");
        }
    }

    /// Tells what came of reading the files.
    void report(const FileBatch& batch)
    {
        RecordsRead read;
        Complaint refused;
        std::uint64_t refusedRecords = 0;
        Complaint unreadable;
        Complaint shrunk;
        const ChosenFile* lastRefused = nullptr; // each file once, not each slice
        const ChosenFile* lastBad = nullptr;
        for (const FileSlice& slice : batch.slices) {
            const SliceOutcome& outcome = slice.outcome;
            read.records += outcome.records;
            read.bytes += outcome.bytes;
            refusedRecords += outcome.refused;
            if (outcome.refused > 0 && std::exchange(lastRefused, slice.file) != slice.file) {
                refused.add(slice.file->path);
            }
            const bool bad = outcome.error != 0 || outcome.shrunk;
            if (!bad || std::exchange(lastBad, slice.file) == slice.file) { continue; }
            if (outcome.error != 0) {
                unreadable.add(slice.file->path + ": " + textOfError(outcome.error));
            } else {
                shrunk.add(slice.file->path);
            }
        }
        if (read.records > 0 || read.bytes > 0) { add(std::move(read)); }
        if (refusedRecords > 0) { addRefused(refused_ + ", in " + refused.text(), refusedRecords); }
        if (unreadable.count() > 0) {
            addRefused("files that cannot be read, " + unreadable.text(), unreadable.count());
        }
        if (shrunk.count() > 0) {
            reportError("shorter than when it was chosen: " + shrunk.text());
        }
    }

    void addRefused(std::string message, std::uint64_t records)
    {
        RecordsRefused event;
        event.message = std::move(message);
        event.records = static_cast<std::size_t>(records);
        add(std::move(event));
    }

    void reportError(std::string message)
    {
        ReceiverError event;
        event.message = std::move(message);
        add(std::move(event));
    }

    template <class E>
    void add(E event)
    {
        if (events_ == nullptr) { return; }
        event.streamId = info().id;
        event.name = info().name;
        event.at = clock_->now();
        events_->add(std::move(event));
    }

    std::uint64_t cutAt_;
    std::string refused_;
    Duration interval_;
    std::shared_ptr<Clock> clock_;
    engine::EventLog* events_ = nullptr;
    FileSelection selection_;
    std::shared_ptr<const FileBatch> chosen_; // of the batch that is processed
};

SLUICE_DECL std::shared_ptr<engine::Stage> makeFileSource(engine::Runtime& runtime,
    FileSourceInfo&& info, std::string&& directory, FileStreamOptions&& options)
{
    if (directory.empty()) {
        throw InvalidArgument{"sluice: " + info.name +
                              "(context, directory): an empty directory "
                              "given, must be a path, in which wildcards may stand"};
    }
    refuseUrl(info.name + "(context, directory)", directory);
    if (options.minRememberDuration < Duration{1}) {
        throw InvalidArgument{"sluice: " + info.name +
                              ": minRememberDuration: " + toString(options.minRememberDuration) +
                              " given, must be at least 1 ms"};
    }
    const Options& context = runtime.options();
    auto stageInfo = runtime.newStage(info.name + ' ' + directory);
    FileSelection selection{std::move(directory), std::move(options), context.batchInterval,
        earliestWrite(*context.clock)};
    return std::make_shared<FileSource>(
        std::move(stageInfo), std::move(info), context, std::move(selection));
}

} // namespace sluice::detail::inline SLUICE_ABI
