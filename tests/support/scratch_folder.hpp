#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sluice::test {

/// A folder of a test's own, which goes with it.
class ScratchFolder {
public:
    ScratchFolder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "sluice-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) { throw std::runtime_error{"no scratch folder"}; }
        root_ = name;
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }

    [[nodiscard]] std::string path(std::string_view name) const { return (root_ / name).string(); }

    /// Writes a file; its path.
    std::string write(std::string_view name, std::string_view bytes) const
    {
        std::string file = path(name);
        std::ofstream{file, std::ios::binary}.write(
            bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return file;
    }

    [[nodiscard]] std::string read(std::string_view name) const
    {
        std::ifstream file{path(name), std::ios::binary};
        if (!file) { throw std::runtime_error{"no file " + path(name)}; }
        return {std::istreambuf_iterator<char>{file}, {}};
    }

private:
    std::filesystem::path root_;
};

} // namespace sluice::test
