// What is done with the bytes that a socket received, without socket and engine: frames are found
// on io and cut into blocks (socketStream), and made records in the fused loop (both), up to a sum.
//
// hand: the best loop by hand over the same bytes. SLUICE_BENCH_SHORT=1 takes fewer. Items are
// records.
// bench: --benchmark_min_time=0.2
#include <sluice/algebra/framing.hpp>
#include <sluice/input/detail/frame_cutter.hpp>
#include <sluice/input/detail/frames.hpp>
#include <sluice/input/raw_socket_stream.hpp>
#include <sluice/storage/block.hpp>

#include "support/random_records.hpp" // fewer

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

std::string lengthPrefixedBytes(std::size_t records, std::size_t size)
{
    std::string bytes;
    for (std::size_t i = 0; i < records; ++i) {
        for (const unsigned shift : {24U, 16U, 8U, 0U}) {
            bytes += static_cast<char>(size >> shift & 0xFFU);
        }
        bytes.append(size, static_cast<char>('a' + i % 26));
    }
    return bytes;
}

std::string delimitedBytes(std::size_t records, std::size_t size)
{
    std::string bytes;
    for (std::size_t i = 0; i < records; ++i) {
        bytes.append(size, static_cast<char>('a' + i % 26)) += ';';
    }
    return bytes;
}

/// What `socketStream` does with the bytes, without socket and engine: cut on io, and taken apart.
template <class F>
class Sluice {
public:
    explicit Sluice(F framing) : framing_{framing}, cutter_{framing, framing.longest()} {}

    std::size_t read(std::string_view bytes)
    {
        std::size_t sum = 0;
        while (!bytes.empty()) {
            const auto room = cutter_.writable();
            const std::size_t some = std::min(room.size(), bytes.size());
            std::memcpy(room.data(), bytes.data(), some);
            cutter_.commit(some);
            bytes.remove_prefix(some);
            if (cutter_.full() || bytes.empty()) { sum += takeApart(); }
        }
        return sum;
    }

private:
    std::size_t takeApart()
    {
        std::size_t sum = 0;
        const auto block = cutter_.cut();
        sluice::detail::FramesFn<F>{framing_}(block ? block->text : std::string_view{})
            .forEach([&sum](std::string_view record) { sum += record.size(); });
        return sum;
    }

    F framing_;
    sluice::detail::FrameCutter<F> cutter_;
};

/// The same by hand, with everything in one loop: reads into a buffer, and what is left of a frame
/// goes to its front.
template <class First>
class Hand {
public:
    explicit Hand(First first) : first_{first} {}

    std::size_t read(std::string_view bytes)
    {
        std::size_t sum = 0;
        while (!bytes.empty()) {
            const std::size_t some = std::min(buffer_.size() - used_, bytes.size());
            std::memcpy(buffer_.data() + used_, bytes.data(), some);
            used_ += some;
            bytes.remove_prefix(some);
            std::string_view rest{buffer_.data(), used_};
            while (const std::size_t size = first_(rest, sum)) {
                rest.remove_prefix(size);
            }
            used_ = rest.size();
            std::memmove(buffer_.data(), rest.data(), used_);
        }
        return sum;
    }

private:
    First first_;
    std::vector<char> buffer_ = std::vector<char>(std::size_t{256} * 1024);
    std::size_t used_ = 0;
};

std::size_t prefixedByHand(std::string_view rest, std::size_t& sum)
{
    if (rest.size() < 4) { return 0; }
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        length = length << 8U | static_cast<unsigned char>(rest[i]);
    }
    if (rest.size() - 4 < length) { return 0; }
    sum += length;
    return 4 + std::size_t{length};
}

std::size_t delimitedByHand(std::string_view rest, std::size_t& sum)
{
    const auto end = rest.find(';');
    if (end == std::string_view::npos) { return 0; }
    sum += end;
    return end + 1;
}

template <class Contender>
void readAll(
    benchmark::State& state, const std::string& bytes, std::size_t records, Contender contender)
{
    for (auto _ : state) {
        std::size_t sum = contender.read(bytes);
        benchmark::DoNotOptimize(sum);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

template <class Contender>
void enter(const std::string& head, const std::string& contender, Contender prototype,
    std::string (*make)(std::size_t, std::size_t))
{
    for (const std::size_t size : {16U, 200U}) {
        const std::size_t records = (records::fewer() ? 2'000'000U : 20'000'000U) / size;
        const auto name =
            "sockets/socketStream/" + head + "/bytes:" + std::to_string(size) + "/" + contender;
        benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
            readAll(state, make(records, size), records, prototype());
        })->Unit(benchmark::kMillisecond);
    }
}

using Reading = std::pair<std::int64_t, double>;

/// Blocks as a server would send them, framed.
std::string blocks(std::size_t count, std::size_t each)
{
    const std::string block = sluice::writeBlock(std::vector<Reading>(each, {1, 2.5}));
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) {
        for (const unsigned shift : {24U, 16U, 8U, 0U}) {
            bytes += static_cast<char>(block.size() >> shift & 0xFFU);
        }
        bytes += block;
    }
    return bytes;
}

void rawBySluice(benchmark::State& state, std::size_t each)
{
    const std::size_t count = 100'000 / each;
    const std::string bytes = blocks(count, each);
    const sluice::detail::RawRecords<Reading> read{
        sluice::detail::FramesFn{sluice::lengthPrefixed()}, std::uint64_t{1} << 40, nullptr};
    for (auto _ : state) {
        std::int64_t sum = 0;
        for (const auto& [key, value] : read(bytes)) {
            sum += key;
        }
        benchmark::DoNotOptimize(sum);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count * each));
}

void rawByHand(benchmark::State& state, std::size_t each)
{
    const std::size_t count = 100'000 / each;
    const std::string bytes = blocks(count, each);
    for (auto _ : state) {
        std::int64_t sum = 0;
        std::size_t payloads = 0;
        for (std::string_view rest = bytes; !rest.empty();) {
            const std::size_t size = prefixedByHand(rest, payloads);
            for (const auto& [key, value] : sluice::readBlock<Reading>(rest.substr(4, size - 4))) {
                sum += key;
            }
            rest.remove_prefix(size);
        }
        benchmark::DoNotOptimize(sum);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count * each));
}

const bool entered = [] {
    const auto add = [](const std::string& name, auto function, auto... arguments) {
        return benchmark::RegisterBenchmark(("sockets/" + name).c_str(), function, arguments...)
            ->Unit(benchmark::kMillisecond);
    };
    enter(
        "lengthPrefixed", "hand", [] { return Hand{&prefixedByHand}; }, &lengthPrefixedBytes);
    enter(
        "lengthPrefixed", "sluice", [] { return Sluice{sluice::lengthPrefixed()}; },
        &lengthPrefixedBytes);
    enter(
        "delimitedBy", "hand", [] { return Hand{&delimitedByHand}; }, &delimitedBytes);
    enter(
        "delimitedBy", "sluice", [] { return Sluice{sluice::delimitedBy(';')}; }, &delimitedBytes);
    for (const std::size_t each : {10U, 1000U}) {
        const auto head = "rawSocketStream/records:" + std::to_string(each);
        add(head + "/hand", &rawByHand, each);
        add(head + "/sluice", &rawBySluice, each);
    }
    return true;
}();

} // namespace
