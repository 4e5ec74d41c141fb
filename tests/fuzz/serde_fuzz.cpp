#include <sluice/storage/block.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

// What is read from any bytes is refused, or is a value that is written as exactly these bytes; and
// neither takes more memory than the bytes can account for.
namespace {
enum class Color : std::uint8_t { red, green };

struct Record {
    std::uint64_t id;
    std::string name;
    std::vector<std::pair<std::string, double>> lines;
    std::optional<Color> color;
    std::array<std::int16_t, 3> size;
    std::chrono::sys_seconds placed;
    std::variant<std::monostate, int, std::string> note;
    std::vector<std::tuple<>> nothings;
    std::vector<std::vector<bool>> flags;
};

void require(bool holds)
{
    if (!holds) { std::abort(); }
}

template <class T>
void readAs(std::string_view bytes)
{
    sluice::Reader in{bytes};
    try {
        const T value = sluice::Serde<T>::read(in);
        std::string again;
        sluice::Writer out{again};
        sluice::Serde<T>::write(out, value);
        require(again == bytes.substr(0, bytes.size() - in.left()));
    } catch (const sluice::Error& error) {
        require(error.code() == sluice::ErrorCode::badInput);
    }
}

/// The same as the payload of a block whose header is right, with as many records as `count` says.
template <class T>
void readAsBlock(std::string_view payload, std::uint32_t count)
{
    std::string block(sluice::detail::BlockHeader::bytes, '\0');
    block += payload;
    sluice::detail::sealBlock(
        block, 0, {.format = sluice::detail::formatOf<T>(), .records = count});
    try {
        const auto records = sluice::readBlock<T>(block);
        require(records.size() == count && sluice::writeBlock(records) == block);
    } catch (const sluice::Error& error) {
        require(error.code() == sluice::ErrorCode::badInput);
    }
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string input(bytes, bytes + size);
    const std::string_view all{input};
    readAs<Record>(all);
    readAs<std::vector<std::string>>(all);
    readAs<std::vector<std::pair<std::string_view, std::vector<std::vector<char>>>>>(all);
    if (!all.empty()) {
        const auto count = static_cast<std::uint32_t>(static_cast<unsigned char>(all.front()));
        readAsBlock<Record>(all.substr(1), count);
        readAsBlock<std::pair<std::string, std::int32_t>>(all.substr(1), count);
        readAsBlock<std::tuple<>>(all.substr(1), count * 0x01010101U);
    }
    try {
        (void)sluice::readBlock<Record>(all);
    } catch (const sluice::Error& error) {
        require(error.code() == sluice::ErrorCode::badInput);
    }
    return 0;
}
