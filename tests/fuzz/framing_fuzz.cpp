#include <sluice/algebra/framing.hpp>
#include <sluice/input/detail/frame_cutter.hpp>
#include <sluice/input/detail/frames.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using sluice::Frame;
using sluice::detail::FrameCutter;
using Records = std::vector<std::string>;

namespace {
void require(bool holds)
{
    if (!holds) { std::abort(); }
}

/// Takes the input apart: a few bytes of instructions, then data, over and over.
class Script {
public:
    explicit Script(std::string_view bytes) : bytes_{bytes} {}

    bool empty() const { return bytes_.empty(); }

    std::size_t number()
    {
        if (bytes_.empty()) { return 0; }
        const auto value = static_cast<unsigned char>(bytes_.front());
        bytes_.remove_prefix(1);
        return value;
    }

    std::string_view data(std::size_t size)
    {
        const auto some = bytes_.substr(0, size);
        bytes_.remove_prefix(some.size());
        return some;
    }

private:
    std::string_view bytes_;
};

/// What is to be found in one connection's bytes, all of which are there.
struct Expected {
    Records records{};
    std::size_t refused = 0; // records that were too long, and what was not whole, or made no sense
    bool broken = false;

    void read(std::string_view rest, std::size_t prefix, std::size_t maxFrame)
    {
        while (!rest.empty()) {
            std::uint64_t length = 0;
            for (const char byte : rest.substr(0, prefix)) {
                length = length << 8U | static_cast<unsigned char>(byte);
            }
            broken = rest.size() >= prefix && length > maxFrame;
            if (broken || rest.size() < prefix || rest.size() - prefix < length) {
                ++refused;
                return;
            }
            const auto size = static_cast<std::size_t>(length);
            records.emplace_back(rest.substr(prefix, size));
            rest.remove_prefix(prefix + size);
        }
    }

    void read(std::string_view rest, std::string_view delimiter, std::size_t maxFrame)
    {
        while (!rest.empty()) {
            const auto end = rest.find(delimiter);
            if (end == std::string_view::npos) {
                ++refused;
                return;
            }
            if (end > maxFrame) {
                ++refused;
            } else {
                records.emplace_back(rest.substr(0, end));
            }
            rest.remove_prefix(end + delimiter.size());
        }
    }
};

/// Answers what the bytes say, sense or nonsense; a frame has the two bytes at least that it looks
/// at.
Frame wild(std::string_view bytes, std::size_t /*seen*/)
{
    const auto first = static_cast<unsigned char>(bytes[0]);
    if (bytes.size() < 2) { return Frame::more(first % 8); }
    const auto second = static_cast<unsigned char>(bytes[1]);
    const std::size_t size = first / 4U;
    switch (first % 4) {
    case 0:
        return Frame::whole(size == 1 ? 2 : size, second / 16U, second % 16U);
    case 1:
        return size + 2 <= bytes.size() ? Frame::whole(size + 2, 1) : Frame::more(size + 2);
    case 2:
        return second % 8 == 0 ? Frame::skip(size) : Frame::skip(1);
    default:
        return second % 8 == 0 ? Frame::broken("says so") : Frame::more(size);
    }
}

template <class F>
class Run {
public:
    Run(F framing, std::size_t longest, std::size_t blockBytes)
        : framing_{framing},
          cutter_{framing, longest, blockBytes},
          bound_{std::max(blockBytes, 2 * longest) + 64}
    {
    }

    /// One connection, read in pieces as the script says; false once its bytes make no sense.
    template <class Expect>
    void connection(Script& script, Expect expect)
    {
        std::string all;
        bool open = true;
        while (open && !script.empty()) {
            const std::size_t action = script.number();
            auto data = script.data(action / 4);
            while (open && !data.empty()) {
                if (cutter_.full()) { cut(); }
                auto room = cutter_.writable();
                require(!room.empty() && room.size() <= bound_);
                const std::size_t read = std::min(room.size(), data.size());
                std::memcpy(room.data(), data.data(), read);
                cutter_.commit(read);
                all += data.substr(0, read);
                data.remove_prefix(read);
                open = cutter_.broken() == nullptr;
            }
            if (action % 4 == 1) { cut(); }
            if (action % 4 == 2) { break; }
        }
        lost_ += cutter_.endConnection(true);
        cut();
        expect(all, !open, records_, cutter_.refused() + lost_);
        require(cutter_.pendingRecords() == 0 && cutter_.pendingBytes() == 0);
    }

private:
    void cut()
    {
        const auto block = cutter_.cut();
        if (!block) { return; }
        std::size_t count = 0;
        for (const auto record : sluice::detail::FramesFn<F>{framing_}(block->text)) {
            records_.emplace_back(record);
            ++count;
        }
        require(count == block->records);
    }

    F framing_;
    FrameCutter<F> cutter_;
    std::size_t bound_;
    Records records_;
    std::size_t lost_ = 0;
};

/// Over all connections the records and what was refused are as expected.
template <class F, class... How>
void compare(Script& script, F framing, std::size_t blockBytes, How... how)
{
    Run<F> run{framing, framing.longest(), blockBytes};
    Expected expected;
    while (!script.empty()) {
        run.connection(script,
            [&](const std::string& all, bool broken, const Records& records, std::size_t refused) {
                expected.read(all, how...);
                require(records == expected.records && refused == expected.refused);
                require(broken == std::exchange(expected.broken, false));
            });
    }
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string input(bytes, bytes + size);
    Script script{input};
    const std::size_t kind = script.number();
    const std::size_t maxFrame = 1 + script.number();
    const std::size_t blockBytes = script.number() * (1 + script.number() % 4);
    if (kind % 8 < 4) {
        const std::size_t prefix = std::size_t{1} << (kind % 4);
        compare(script, sluice::lengthPrefixed({.bytes = prefix, .maxFrame = maxFrame}), blockBytes,
            prefix, maxFrame);
    } else if (kind % 8 < 7) {
        const std::string delimiter{script.data(1 + kind / 8 % 5)};
        if (delimiter.empty()) { return 0; }
        compare(script, sluice::delimitedBy(delimiter, {.maxFrame = maxFrame}), blockBytes,
            std::string_view{delimiter}, maxFrame);
    } else {
        // It has to survive, and each record to be found again.
        Run run{&wild, maxFrame, blockBytes};
        while (!script.empty()) {
            run.connection(script, [](const std::string&, bool, const Records&, std::size_t) {});
        }
    }
    return 0;
}
