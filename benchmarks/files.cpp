// What it costs to read files: from the start of a context to the batch that has seen all of them.
// Items are records.
//
// sluice: the stream, up to a sum over its records, on one thread. hand: a loop over the same files
// with a buffer of the same size. SLUICE_BENCH_SHORT=1 takes fewer and smaller files.
#include <sluice/input/binary_records_stream.hpp>
#include <sluice/input/file_stream.hpp>
#include <sluice/input/text_file_stream.hpp>
#include <sluice/sluice.hpp>

#include "support/zipf_text.hpp"

#include <benchmark/benchmark.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t bufferBytes = std::size_t{256} << 10U;
constexpr std::size_t recordBytes = 64;

/// Some files of text, whose lines are counted, and whose bytes make whole records.
class Files {
public:
    Files(std::size_t count, std::size_t bytesEach)
        : path_{
              fs::temp_directory_path() / ("bench_files_" + std::to_string(std::random_device{}()))}
    {
        fs::create_directories(path_);
        std::string text = zipf::makeText(1000, bytesEach);
        text.resize(bytesEach / recordBytes * recordBytes);
        text.back() = '\n';
        for (std::size_t i = 0; i < count; ++i) {
            std::ofstream{path_ / std::to_string(i)} << text;
        }
        bytes_ = count * text.size();
    }
    ~Files()
    {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    [[nodiscard]] const fs::path& path() const { return path_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    fs::path path_;
    std::uint64_t bytes_;
};

/// Blocks of bytes, as they are read.
struct Blocks {
    using Record = std::string_view;

    void read(sluice::FileInput& file, auto& emit) const
    {
        std::vector<char> buffer(bufferBytes);
        for (std::size_t bytes = file.read(buffer); bytes > 0; bytes = file.read(buffer)) {
            emit(std::string_view{buffer.data(), bytes});
        }
    }
};

/// However old they are by now.
sluice::FileStreamOptions all()
{
    sluice::FileStreamOptions options;
    options.newFilesOnly = false;
    options.minRememberDuration = 240h;
    return options;
}

constexpr auto sizeOf = [](std::string_view record) -> std::uint64_t { return record.size() + 1; };

/// Runs a context until all files were seen, whose records are `gap` bytes apart; how many records
/// those were.
template <class MakeStream>
std::uint64_t stream(const Files& files, std::uint64_t gap, MakeStream makeStream)
{
    sluice::StreamingContext context{{.batchInterval = 1ms, .parallelism = 1}};
    std::uint64_t bytes = 0;
    makeStream(context) | sluice::map(sizeOf) | sluice::reduce(std::plus{}) |
        sluice::foreachBatch([&](const sluice::Batch<std::uint64_t>& batch) {
            for (const auto part : batch) {
                bytes += part;
            }
            if (bytes > 0) { context.requestStop(); }
        });
    context.start();
    context.awaitTermination();
    const auto records = context.metrics().sources.front().records;
    if (bytes != files.bytes() + records * gap) { std::abort(); }
    return records;
}

/// Calls `piece` with what is read of each file.
template <class Piece>
void eachFile(const Files& files, Piece piece)
{
    std::vector<char> buffer(bufferBytes);
    for (const auto& entry : fs::directory_iterator{files.path()}) {
        const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
        for (::ssize_t got = 1; (got = ::read(file, buffer.data(), buffer.size())) > 0;) {
            piece(std::string_view{buffer.data(), static_cast<std::size_t>(got)});
        }
        ::close(file);
    }
}

std::uint64_t linesByHand(const Files& files)
{
    std::uint64_t lines = 0;
    std::uint64_t bytes = 0;
    std::string rest;
    eachFile(files, [&](std::string_view text) {
        for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
            bytes += sizeOf(text.substr(0, end)) + rest.size();
            rest.clear();
            ++lines;
            text.remove_prefix(end + 1);
        }
        rest += text;
    });
    benchmark::DoNotOptimize(bytes);
    return lines;
}

std::uint64_t recordsByHand(const Files& files)
{
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    eachFile(files, [&](std::string_view text) {
        for (; text.size() >= recordBytes; text.remove_prefix(recordBytes)) {
            bytes += sizeOf(text.substr(0, recordBytes));
            ++records;
        }
    });
    benchmark::DoNotOptimize(bytes);
    return records;
}

std::uint64_t blocksByHand(const Files& files)
{
    std::uint64_t blocks = 0;
    std::uint64_t bytes = 0;
    eachFile(files, [&](std::string_view text) {
        bytes += sizeOf(text);
        ++blocks;
    });
    benchmark::DoNotOptimize(bytes);
    return blocks;
}

std::uint64_t lines(const Files& files)
{
    return stream(files, 0, [&](sluice::StreamingContext& context) {
        return sluice::textFileStream(context, files.path(), all());
    });
}

std::uint64_t records(const Files& files)
{
    return stream(files, 1, [&](sluice::StreamingContext& context) {
        return sluice::binaryRecordsStream(context, files.path(), recordBytes, all());
    });
}

std::uint64_t blocks(const Files& files)
{
    return stream(files, 1, [&](sluice::StreamingContext& context) {
        return sluice::fileStream(context, files.path(), Blocks{}, all());
    });
}

using Contender = std::uint64_t (*)(const Files&);

void run(benchmark::State& state, Contender contender, std::size_t count, std::size_t bytesEach)
{
    const Files files{count, bytesEach};
    std::uint64_t seen = 0;
    for (auto _ : state) {
        const auto from = std::chrono::steady_clock::now();
        seen += contender(files);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
        state.SetIterationTime(took.count());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(seen));
}

void enter(const std::string& name, Contender contender, std::size_t count, std::size_t bytesEach)
{
    benchmark::RegisterBenchmark(("files/" + name).c_str(), run, contender, count, bytesEach)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
}

[[maybe_unused]] const bool entered = [] {
    const std::size_t share = std::getenv("SLUICE_BENCH_SHORT") != nullptr ? 16 : 1;
    const std::size_t large = (std::size_t{64} << 20U) / share;
    enter("textFileStream/files:1/sluice", lines, 1, large);
    enter("textFileStream/files:1/hand", linesByHand, 1, large);
    enter("textFileStream/files:4096/sluice", lines, 4096 / share, 1024);
    enter("textFileStream/files:4096/hand", linesByHand, 4096 / share, 1024);
    enter("binaryRecordsStream/files:1/sluice", records, 1, large);
    enter("binaryRecordsStream/files:1/hand", recordsByHand, 1, large);
    enter("fileStream/files:1/sluice", blocks, 1, large);
    enter("fileStream/files:1/hand", blocksByHand, 1, large);
    return true;
}();
} // namespace
