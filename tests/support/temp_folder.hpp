#pragma once

#include <sluice/storage/time.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::test {

/// A folder of a test's own, gone at its end. Its files are as old as the test says.
class TempFolder {
public:
    TempFolder()
    {
        static std::atomic<unsigned> number{0};
        static const unsigned process = std::random_device{}();
        path_ = std::filesystem::temp_directory_path() /
                ("sluice_" + std::to_string(process) + '_' + std::to_string(number++));
        std::filesystem::create_directories(path_);
    }
    ~TempFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::string operator/(std::string_view name) const
    {
        return (path_ / name).string();
    }

    /// Writes a file, in a folder that is made where it is not there, last written at `modified`.
    void write(std::string_view name, std::string_view bytes, Instant modified) const
    {
        const std::filesystem::path file = path_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream{file, std::ios::binary}.write(
            bytes.data(), static_cast<std::streamsize>(bytes.size()));
        touch(name, modified);
    }

    void touch(std::string_view name, Instant modified) const
    {
        std::filesystem::last_write_time(path_ / name, std::chrono::file_clock::from_sys(modified));
    }

private:
    std::filesystem::path path_;
};

/// So long after the epoch, which is when manual clocks begin.
[[nodiscard]] inline Instant at(std::chrono::nanoseconds sinceEpoch)
{
    return Instant{sinceEpoch};
}

} // namespace sluice::test
