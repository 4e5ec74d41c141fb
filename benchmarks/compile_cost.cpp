// What a user of the library waits for: seconds, peak memory and object size of the compiler this
// was built with. An item is a compiled file, or one operator more: per_operator is the slope
// between chains of 1 and 20, in CPU time.

// bench: --benchmark_repetitions=3
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {
const std::filesystem::path top = SLUICE_BENCH_TOP;
const std::filesystem::path scratch = SLUICE_BENCH_SCRATCH;

constexpr int longest = 20;

struct Cost {
    double seconds;
    double cpuSeconds;
    double megabytes;
    double objectKilobytes;
};

double secondsOf(timeval time)
{
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

Cost compile(const std::filesystem::path& source, const std::vector<std::string>& flags)
{
    auto object = scratch / source.filename().replace_extension(".cost.o");
    std::vector<std::string> words{
        SLUICE_BENCH_COMPILER, "-std=c++20", "-I", top / "include", "-c", source, "-o", object};
    words.insert(words.end(), flags.begin(), flags.end());
    std::vector<char*> arguments;
    for (auto& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);

    auto began = std::chrono::steady_clock::now();
    pid_t child = 0;
    if (posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0) {
        throw std::runtime_error{"cannot start " + words.front()};
    }
    int status = 0;
    // The driver counts in what its own children, the compiler proper and the assembler, used at
    // most.
    rusage used{};
    if (wait4(child, &status, 0, &used) != child || status != 0) {
        throw std::runtime_error{"cannot compile " + source.string()};
    }
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    return {took.count(), secondsOf(used.ru_utime) + secondsOf(used.ru_stime),
        static_cast<double>(used.ru_maxrss) / 1024,
        static_cast<double>(std::filesystem::file_size(object)) / 1024};
}

/// A chain of `n` operators over int64, no two with the same function.
std::filesystem::path chainOf(std::int64_t n)
{
    auto path = scratch / ("chain_" + std::to_string(n) + ".cpp");
    std::ofstream text{path};
    text << "#include <sluice/algebra/evaluate.hpp>\n"
            "#include <sluice/algebra/filter.hpp>\n"
            "#include <sluice/algebra/map.hpp>\n\n"
            "#include <cstdint>\n"
            "#include <vector>\n\n"
            "auto run(const std::vector<std::int64_t>& in)\n{\n    return sluice::evaluate(";
    for (std::int64_t i = 0; i != n; ++i) {
        text << (i == 0 ? "" : "\n        | ");
        if (i % 2 == 0) {
            text << "sluice::map([](std::int64_t x) -> std::int64_t { return x * 3 + " << i
                 << "; })";
        } else {
            text << "sluice::filter([](std::int64_t x) -> bool { return (x & " << i << ") != 0; })";
        }
    }
    text << ", in);\n}\n";
    return path;
}

void report(benchmark::State& state, const Cost& cost)
{
    state.SetIterationTime(cost.seconds);
    state.counters["cpu_s"] = cost.cpuSeconds;
    state.counters["peak_MB"] = cost.megabytes;
    state.counters["object_KB"] = cost.objectKilobytes;
}

/// Runs `measure` once for each iteration and turns what it throws into an error of this case
/// alone.
template <class Measure>
void guarded(benchmark::State& state, Measure measure)
{
    try {
        for (auto _ : state) {
            measure();
        }
        state.SetItemsProcessed(state.iterations());
    } catch (const std::exception& failure) {
        state.SkipWithError(failure.what());
    }
}

using Flags = std::vector<std::string>;

void wordCount(benchmark::State& state, const Flags& flags)
{
    guarded(state,
        [&] { report(state, compile(top / "benchmarks/compile_cost/word_count.cpp", flags)); });
}

void chain(benchmark::State& state, std::int64_t n)
{
    guarded(state, [&] { report(state, compile(chainOf(n), {"-O2", "-g"})); });
}

void perOperator(benchmark::State& state, const Flags& flags)
{
    guarded(state, [&] {
        auto one = compile(chainOf(1), flags);
        auto many = compile(chainOf(longest), flags);
        state.SetIterationTime((many.cpuSeconds - one.cpuSeconds) / (longest - 1));
        state.counters["object_KB"] = (many.objectKilobytes - one.objectKilobytes) / (longest - 1);
    });
}

template <class Case, class Argument>
void add(const std::string& name, Case run, Argument argument)
{
    benchmark::RegisterBenchmark(("compile/" + name).c_str(), run, argument)
        ->UseManualTime()
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
}

[[maybe_unused]] const bool added = [] {
    add("word_count/engine", wordCount, Flags{"-O2", "-DSLUICE_SEPARATE_COMPILATION"});
    add("word_count/header_only", wordCount, Flags{"-O2"});
    add("per_operator/plain", perOperator, Flags{"-O2"});
    add("per_operator/debug", perOperator, Flags{"-O2", "-g"});
    for (std::int64_t n = 1; n <= longest; ++n) {
        add("chain:" + std::to_string(n), chain, n);
    }
    return true;
}();
} // namespace
