// What becomes files, against the loop that a person would write: save/<operator>/<contender>.
// 100,000 words with a number each; the files are /dev/null, so that no disk is measured: what
// the system asks for a file, and until the disk has it, comes on top.

#include <sluice/algebra/evaluate.hpp> // runFused
#include <sluice/output/foreach_partition.hpp>
#include <sluice/output/save_as_object_files.hpp>
#include <sluice/output/save_as_text_files.hpp>
#include <sluice/storage/block.hpp>
#include <sluice/testing/run_batches.hpp>

#include <benchmark/benchmark.h>
#include <boost/crc.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {
using Record = std::pair<std::string, std::int64_t>;
constexpr std::size_t count = 100'000;
constexpr std::size_t bufferBytes = sluice::detail::PartFile::bufferBytes;

const std::vector<Record>& records()
{
    static const std::vector<Record> all = [] {
        std::vector<Record> made;
        for (std::size_t i = 0; i < count; ++i) {
            made.emplace_back("word" + std::to_string(i * 7919 % 1000), i * i % 10'007);
        }
        return made;
    }();
    return all;
}

/// A file that goes nowhere, with a buffer as a person would write it.
class Nowhere {
public:
    std::string buffer;

    void writeIfFull()
    {
        if (buffer.size() >= bufferBytes) { write(); }
    }
    void write()
    {
        std::fwrite(buffer.data(), 1, buffer.size(), file_.get());
        buffer.clear();
    }

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Close> file_{std::fopen("/dev/null", "wb")};
};

void textByHand(benchmark::State& state)
{
    Nowhere out;
    for (auto _ : state) {
        for (const auto& [word, number] : records()) {
            char digits[24];
            const auto* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
            out.buffer += '(';
            out.buffer += word;
            out.buffer += ',';
            out.buffer.append(static_cast<const char*>(digits), end);
            out.buffer += ")\n";
            out.writeIfFull();
        }
        out.write();
    }
}

void objectsByHand(benchmark::State& state)
{
    Nowhere out;
    for (auto _ : state) {
        const auto seal = [&] {
            boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
            crc.process_bytes(out.buffer.data(), out.buffer.size());
            benchmark::DoNotOptimize(crc.checksum());
            out.write();
        };
        for (const auto& [word, number] : records()) {
            const auto size = static_cast<std::uint32_t>(word.size());
            out.buffer.append(reinterpret_cast<const char*>(&size), sizeof size);
            out.buffer += word;
            out.buffer.append(reinterpret_cast<const char*>(&number), sizeof number);
            if (out.buffer.size() >= bufferBytes) { seal(); }
        }
        seal();
    }
}

template <class Terminal>
void files(benchmark::State& state)
{
    std::string buffer;
    sluice::detail::PartFile file{"/dev/null", "/dev/null", buffer};
    for (auto _ : state) {
        sluice::detail::runFused(
            sluice::Identity{}, Terminal{file}, std::span<const Record>{records()});
        file.flush();
    }
}

void readBlock(benchmark::State& state)
{
    const std::string bytes = sluice::writeBlock(records());
    for (auto _ : state) {
        benchmark::DoNotOptimize(sluice::readBlock<Record>(bytes).size());
    }
}

/// What is read by hand is trusted.
void readByHand(benchmark::State& state)
{
    const std::string bytes = sluice::writeBlock(records());
    for (auto _ : state) {
        std::vector<Record> read;
        read.reserve(count);
        const char* at = bytes.data() + sluice::detail::BlockHeader::bytes;
        for (std::size_t i = 0; i < count; ++i) {
            std::uint32_t size = 0;
            std::int64_t number = 0;
            std::memcpy(&size, at, sizeof size);
            std::memcpy(&number, at + sizeof size + size, sizeof number);
            read.emplace_back(std::string{at + sizeof size, size}, number);
            at += sizeof size + size + sizeof number;
        }
        benchmark::DoNotOptimize(read.size());
    }
}

void partitions(benchmark::State& state)
{
    sluice::testing::TestEngine engine{{}};
    sluice::BatchQueue<std::int64_t> queue;
    std::int64_t sum = 0;
    sluice::queueStream(engine.runtime(), queue) |
        sluice::foreachPartition([&sum](std::span<const std::int64_t> all) {
            sum = std::accumulate(all.begin(), all.end(), sum);
        });
    engine.runtime().start();
    engine.executor().run();
    for (auto _ : state) {
        queue.pushPartitions(
            std::vector<std::vector<std::int64_t>>(100, std::vector<std::int64_t>(count / 100, 1)));
        engine.nextBatch();
    }
    if (sum == 0) { state.SkipWithError("nothing came"); }
}

void partitionsByHand(benchmark::State& state)
{
    std::int64_t sum = 0;
    for (auto _ : state) {
        const std::vector<std::vector<std::int64_t>> all(
            100, std::vector<std::int64_t>(count / 100, 1));
        for (const auto& partition : all) {
            sum = std::accumulate(partition.begin(), partition.end(), sum);
        }
        benchmark::DoNotOptimize(sum);
    }
}

[[maybe_unused]] const bool entered = [] {
    const auto enter = [](const char* name, void (*run)(benchmark::State&)) {
        benchmark::RegisterBenchmark(name, [run](benchmark::State& state) {
            run(state);
            state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
        })->Unit(benchmark::kMicrosecond);
    };
    enter("save/saveAsTextFiles/hand", &textByHand);
    enter("save/saveAsTextFiles/sluice", &files<sluice::detail::TextFileTerminal>);
    enter("save/saveAsObjectFiles/hand", &objectsByHand);
    enter("save/saveAsObjectFiles/sluice", &files<sluice::detail::ObjectFileTerminal<Record>>);
    enter("save/readBlock/hand", &readByHand);
    enter("save/readBlock/sluice", &readBlock);
    enter("save/foreachPartition/hand", &partitionsByHand);
    enter("save/foreachPartition/sluice", &partitions);
    return true;
}();
} // namespace
