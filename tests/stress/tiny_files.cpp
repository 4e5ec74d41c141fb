// A hundred thousand tiny files at once (10,000 in a short run), a file that is far larger than the
// memory that reading it may take, a line without end, and vandals that remove, cut, lengthen and
// replace files while they are read: all of it is survived and counted, memory stays bounded, and
// the lines of honest files come, each of them once.
#include <sluice/input/text_file_stream.hpp>
#include <sluice/sluice.hpp>

#include "stress/sender.hpp" // residentBytes
#include "stress/support.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace sl = sluice;
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using sluice::stress::require, sluice::stress::residentBytes;

namespace {
class Folder {
public:
    Folder()
        : path_{
              fs::temp_directory_path() / ("tiny_files_" + std::to_string(std::random_device{}()))}
    {
        fs::create_directories(path_);
    }
    ~Folder()
    {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

/// Counts the honest lines of a folder until there are `enough`, and holds their number against
/// what the context says of itself.
class Reader {
public:
    Reader(const fs::path& directory, std::uint64_t enough)
        : context_{options()}, before_{residentBytes()}
    {
        sl::textFileStream(context_, directory, {.newFilesOnly = false}) |
            sl::filter([](std::string_view line) {
                require(line.size() <= 1000, "a line longer than maxLineBytes came through");
                return line == "honest";
            }) |
            sl::count() | sl::foreachBatch([this, enough](const sl::Batch<long>& batch) {
                for (const long count : batch) {
                    honest_ += static_cast<std::uint64_t>(count);
                }
                most_ = std::max(most_, residentBytes());
                if (honest_ >= enough) { context_.requestStop(sl::Stop::now); }
            });
        context_.start();
    }

    sl::SourceMetrics ended()
    {
        const bool inTime = context_.awaitTerminationOrTimeout(4min);
        require(inTime, "the honest lines did not come");
        return context_.metrics().sources.at(0);
    }

    [[nodiscard]] std::uint64_t honest() const { return honest_; }
    /// What memory grew by at most, as far as the ends of batches show.
    [[nodiscard]] std::size_t grownBy() const { return most_ > before_ ? most_ - before_ : 0; }

private:
    static sl::Options options()
    {
        sl::Options options{.batchInterval = 10ms, .parallelism = 2};
        options.maxLineBytes = 1000;
        return options;
    }

    sl::StreamingContext context_;
    std::size_t before_;
    std::size_t most_ = 0;
    std::uint64_t honest_ = 0;
};

/// All of them appear at once: their folder gets a name that the pattern matches.
void tinyFiles(std::uint64_t count)
{
    const Folder folder;
    fs::create_directory(folder.path() / "draft");
    for (std::uint64_t i = 0; i < count; ++i) {
        std::ofstream{folder.path() / "draft" / std::to_string(i)} << "honest\n";
    }
    Reader reader{folder.path() / "ready-*", count};
    const auto from = std::chrono::steady_clock::now();
    fs::rename(folder.path() / "draft", folder.path() / "ready-1");
    const auto source = reader.ended();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
    std::printf("%llu tiny files: %.2f s, %zu MB\n", static_cast<unsigned long long>(count),
        took.count(), reader.grownBy() >> 20U);
    require(reader.honest() == count, "a tiny file was lost or read twice");
    require(source.records == count && source.bytes == 7 * count, "the counts do not add up");
    require(source.refused == 0 && source.errors <= 1, "a tiny file was refused");
    require(reader.grownBy() < (std::size_t{256} << 20U), "tiny files take too much memory");
}

void hugeFile(std::uint64_t bytes)
{
    const Folder folder;
    std::string block;
    while (block.size() < (1U << 20U)) {
        block += "honest\nnot quite so honest\r\n";
    }
    const std::uint64_t honest = bytes / block.size() * (block.size() / 28);
    {
        std::ofstream file{folder.path() / ".huge", std::ios::binary};
        for (std::uint64_t i = 0; i < bytes / block.size(); ++i) {
            file << block;
        }
    }
    // A line of as many bytes, which take no room on the disk.
    std::ofstream{folder.path() / "endless"};
    fs::resize_file(folder.path() / "endless", bytes);
    fs::rename(folder.path() / ".huge", folder.path() / "huge");
    Reader reader{folder.path(), honest};
    const auto source = reader.ended();
    std::printf("a file of %llu MB: %zu MB\n", static_cast<unsigned long long>(bytes >> 20U),
        reader.grownBy() >> 20U);
    require(reader.honest() == honest, "a line of the huge file was lost or read twice");
    require(source.refused == 1, "the endless line was not refused once");
    require(reader.grownBy() < (std::size_t{64} << 20U), "the huge file was held in memory");
}

/// Never waits where the file is a pipe that nobody reads.
void append(const fs::path& file, std::string_view bytes)
{
    const int opened = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0600);
    if (opened < 0) { return; }
    (void)!::write(opened, bytes.data(), bytes.size());
    ::close(opened);
}

/// Does harm to files of its own until it is told to end.
void vandalise(const fs::path& folder, std::uint64_t seed, const std::atomic<bool>& end)
{
    std::mt19937_64 random{seed};
    std::error_code ignored;
    while (!end) {
        const fs::path file = folder / ("victim" + std::to_string(random() % 50));
        switch (random() % 7) {
        case 0:
            fs::remove(file, ignored);
            break;
        case 1:
            fs::resize_file(file, random() % 10'000, ignored);
            break;
        case 2:
            fs::rename(file, folder / ("victim" + std::to_string(random() % 50)), ignored);
            break;
        case 3:
            if (fs::remove(file, ignored)) { (void)::mkfifo(file.c_str(), 0600); }
            break;
        case 4:
            if (fs::remove(file, ignored)) { fs::create_symlink(file, file, ignored); }
            break;
        default:
            std::string bytes(random() % 5000, '\n');
            std::generate(bytes.begin(), bytes.end(), [&] { return "x\n\r"[random() % 3]; });
            append(file, bytes);
        }
    }
}

void vandals(std::uint64_t seed)
{
    constexpr std::uint64_t files = 200;
    const Folder folder;
    std::atomic<bool> end = false;
    Reader reader{folder.path(), files * 10};
    std::thread first{[&] { vandalise(folder.path(), seed, end); }};
    std::thread second{[&] { vandalise(folder.path(), ~seed, end); }};
    for (std::uint64_t i = 0; i < files; ++i) {
        const fs::path draft = folder.path() / ".draft";
        {
            std::ofstream file{draft};
            for (int line = 0; line < 10; ++line) {
                file << "honest\n";
            }
        }
        fs::rename(draft, folder.path() / ("honest" + std::to_string(i)));
        std::this_thread::yield();
    }
    (void)reader.ended();
    end = true;
    first.join();
    second.join();
    require(reader.honest() == files * 10, "an honest line was lost or read twice");
    require(reader.grownBy() < (std::size_t{128} << 20U), "vandals cost memory");
}
} // namespace

int main(int argc, char** argv)
{
    sluice::stress::Run run{argc, argv};
    const bool isLong = run.until() - std::chrono::steady_clock::now() > 30s;
    tinyFiles(isLong ? 100'000 : 10'000);
    hugeFile(std::uint64_t{1} << (isLong ? 30U : 27U));
    do {
        vandals(run.nextSeed());
    } while (run.goesOn());
    return run.end();
}
