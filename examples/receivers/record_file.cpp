// A pull source: a file of numbers that another program appends to, eight bytes each, and a file
// beside it that remembers what has been processed.

#include <sluice/input/pull_stream.hpp>
#include <sluice/sluice.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sl = sluice;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {
// [source]
class NumberFile {
public:
    explicit NumberFile(fs::path file) : file_{std::move(file)} {}

    /// On `io`, at each batch time: quick. A half number at the end waits for its other half.
    [[nodiscard]] std::vector<std::uint64_t> latest() const
    {
        return {fs::file_size(file_) / sizeof(std::int64_t)};
    }

    /// On `compute`, and again with the same range after a failure: keeps no position.
    [[nodiscard]] std::vector<std::int64_t> read(const sl::OffsetRange& range) const
    {
        std::vector<std::int64_t> numbers;
        std::ifstream in{file_, std::ios::binary};
        in.seekg(static_cast<std::streamoff>(range.from * sizeof(std::int64_t)));
        for (auto offset = range.from; offset < range.until; ++offset) {
            std::int64_t number = 0;
            in.read(reinterpret_cast<char*>(&number), sizeof number);
            if (!in) { throw std::runtime_error{"cannot read " + file_.string()}; }
            numbers.push_back(number);
        }
        return numbers;
    }

    /// On `io`, once the batch is completed well. A file that is renamed is replaced as a whole.
    void acknowledge(const sl::OffsetRange& range) const
    {
        const fs::path next = file_.string() + ".next";
        std::ofstream{next} << range.until;
        fs::rename(next, positionFile());
    }

    /// Where to go on after a restart: the options of the stream.
    [[nodiscard]] sl::PullOptions options() const
    {
        std::uint64_t position = 0;
        std::ifstream{positionFile()} >> position;
        return {.name = "numbers", .from = {position}};
    }

private:
    [[nodiscard]] fs::path positionFile() const { return file_.string() + ".position"; }

    fs::path file_;
};
// [source]

void append(const fs::path& file, const std::vector<std::int64_t>& numbers)
{
    std::ofstream out{file, std::ios::binary | std::ios::app};
    for (const std::int64_t number : numbers) {
        out.write(reinterpret_cast<const char*>(&number), sizeof number);
    }
}

/// Runs a context until it has seen some numbers.
void sumUp(const fs::path& file)
{
    // [main]
    sl::StreamingContext context{{.batchInterval = 20ms}};
    const NumberFile source{file};
    const auto numbers = sl::pullStream(context, source, source.options());
    // [main]
    numbers | sl::foreachBatch([&context](const sl::Batch<std::int64_t>& batch) {
        for (const auto& range : batch.metadata().offsets) {
            if (range.from == range.until) { continue; }
            std::cout << "records " << range.from << " to " << range.until << '\n';
            context.requestStop(sl::Stop::graceful);
        }
    });
    context.start();
    context.awaitTermination();
}
} // namespace

int main()
{
    const fs::path folder =
        fs::temp_directory_path() / ("record_file_" + std::to_string(std::random_device{}()));
    fs::create_directories(folder);
    append(folder / "log", {1, 2, 3});
    sumUp(folder / "log");
    append(folder / "log", {4, 5});
    sumUp(folder / "log"); // goes on where the first ended
    fs::remove_all(folder);
}
