// Counts the levels of log lines in files that other programs drop into a folder.

#include <sluice/input/text_file_stream.hpp>
#include <sluice/sluice.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace sl = sluice;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {
// [drop]
/// Writes a file under a hidden name and renames it: a batch sees it whole or not at all.
void drop(const fs::path& folder, const std::string& name, std::string_view text)
{
    const fs::path draft = folder / ("." + name);
    std::ofstream{draft} << text;
    fs::rename(draft, folder / name);
}
// [drop]

/// The first word of a line.
std::string_view levelOf(std::string_view line)
{
    return line.substr(0, line.find(' '));
}

void run(const fs::path& folder)
{
    std::map<std::string, long> totals;
    long lines = 0;

    // [main]
    sl::StreamingContext context{{.batchInterval = 20ms}};
    // The folder is new, so whatever is in it is wanted.
    auto logs = sl::textFileStream(context, folder, {.newFilesOnly = false});
    logs | sl::map(levelOf) | sl::countByValue() |
        sl::foreachBatch([&](const sl::Batch<std::pair<std::string_view, long>>& batch) {
            for (const auto& [level, count] : batch) {
                totals[std::string{level}] += count;
                lines += count;
            }
            if (lines == 7) { context.requestStop(); }
        });
    context.start();
    drop(folder, "api.log", "INFO up\nWARN slow answer\nERROR no answer\n");
    drop(folder, "worker.log", "INFO up\r\nINFO idle\r\nERROR disk full\r\nINFO down");
    context.awaitTermination();
    // [main]

    for (const auto& [level, count] : totals) {
        std::cout << level << ' ' << count << '\n';
    }
    const auto source = context.metrics().sources.front();
    std::cout << source.records << " lines, " << source.bytes << " bytes, " << source.refused
              << " refused\n";
}
} // namespace

int main()
{
    const fs::path folder =
        fs::temp_directory_path() / ("log_levels_" + std::to_string(std::random_device{}()));
    fs::create_directories(folder);
    run(folder);
    fs::remove_all(folder);
}
