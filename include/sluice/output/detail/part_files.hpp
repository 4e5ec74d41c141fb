#pragma once

#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/dstream/describe.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/engine/stage.hpp>
#include <sluice/engine/task_groups.hpp>
#include <sluice/storage/pool.hpp>
#include <sluice/storage/time.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// A file that is written anew through a buffer of bounded size: one call of the system for many
/// records.
class PartFile {
public:
    /// A larger record still fits; it is written whole.
    static constexpr std::size_t bufferBytes = std::size_t{64} * 1024;

    /// Errors speak of `shownAs`, where the file will be. `buffer` must outlive the file.
    PartFile(const std::string& path, std::string shownAs, std::string& buffer);
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;
    ~PartFile();

    [[nodiscard]] std::string& buffer() noexcept { return buffer_; }
    [[nodiscard]] bool full() const noexcept { return buffer_.size() >= bufferBytes; }

    /// Writes what is in the buffer.
    void flush();

    /// Writes what is left and does not come back before the disk has it.
    void close();

private:
    [[noreturn]] void fail() const;

    std::string shownAs_;
    std::string& buffer_;
    std::FILE* file_;
};

/// Where the batches of an output go: `prefix-ms.suffix`.
class BatchPath {
public:
    /// InvalidArgument, in the name of `operation`, for a prefix that is a URL and a suffix that
    /// leaves the directory.
    BatchPath(std::string_view operation, std::string prefix, std::string suffix);

    [[nodiscard]] std::string of(Time batch) const;

    /// The folder in which the directories are made.
    [[nodiscard]] std::string folder() const;

    /// The same for all batches, and however the path is written.
    [[nodiscard]] std::string ofAll() const;

    /// What the paths of all hidden directories of a stage begin with. They lie beside the others,
    /// so that they can be renamed, and have short names, whatever the others are called.
    [[nodiscard]] std::string hidden(std::uint32_t stage) const;

private:
    [[nodiscard]] std::string named(std::string_view batch) const;

    std::string prefix_;
    std::string suffix_;
};

/// A directory for each batch, with a file for each partition: all that does not depend on types.
///
/// The files are written under a hidden name beside the directory, which is renamed when the batch
/// is committed; so whoever sees the directory sees all of it. Nothing is left of a batch that
/// fails, and what a process left that was killed is removed at the next one's first batch. A
/// directory that it did not write is left alone.
class PartFilesOutput : public engine::Output {
public:
    /// InvalidArgument where the folder is not there or may not be written to.
    PartFilesOutput(
        engine::StageInfo&& info, std::shared_ptr<engine::Stage> parent, BatchPath path);

    Work open(const engine::BatchContext& batch) override;
    void runTask(std::size_t task, engine::TaskContext& context) override;
    void commit(const engine::BatchContext& batch) override;
    void release() noexcept override;
    [[nodiscard]] std::string target() const override { return path_.ofAll(); }

private:
    struct Buffer {
        std::string bytes;
        void clear() noexcept;
    };

    virtual void write(PartFile& file, const AnyPartition& partition) = 0;

    [[nodiscard]] std::string hidden(Time batch, std::string_view ending) const;
    void tidy() const;
    void requireFolder() const;

    BatchPath path_;
    bool tidied_ = false;
    std::string temporary_; // of the batch under way, from `open` until it is committed
    std::string target_;    // what that will be called
    engine::TaskGroups groups_;
    Pool<Buffer> buffers_;
};

/// Runs the chain of the stream into `Terminal`, which writes to a `PartFile`.
template <class U, class Op, class Terminal>
class PartFilesChain final : public PartFilesOutput {
public:
    PartFilesChain(engine::StageInfo&& info, std::shared_ptr<engine::Stage> parent, BatchPath path,
        const Op& chain)
        : PartFilesOutput{std::move(info), std::move(parent), std::move(path)}, chain_{chain}
    {
    }

private:
    void write(PartFile& file, const AnyPartition& partition) override
    {
        runFused(chain_, Terminal{file}, recordsOf<U>(partition));
    }

    [[no_unique_address]] Op chain_;
};

/// Registers an output that writes each partition of `stream` by a `Terminal`.
template <class Terminal, class T, class U, class Chain>
void addPartFiles(
    const DStream<T, From<U, Chain>>& stream, std::string_view name, const BatchPath& path)
{
    engine::Runtime& runtime = stream.runtime();
    runtime.add(engine::makeStage<PartFilesChain<U, Chain, Terminal>, engine::Output>(
        runtime.newStage(name, describeChain(stream.chain(), name)), stream.parent(), path,
        stream.chain()));
}

} // namespace sluice::detail::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/part_files.ipp>
#endif
