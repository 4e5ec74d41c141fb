// The main of every benchmark: names without the library's own suffixes (/real_time,
// /iterations:1), and at the end what the contender `sluice` reached of the best other contender of
// the same case.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {
constexpr std::string_view ours = "/sluice";

/// Items per second of every case, the median where there were repetitions.
using Speeds = std::map<std::string, double>;

template <class Base>
class Plain : public Base {
public:
    using typename Base::Run;

    template <class... Arguments>
    explicit Plain(Speeds* speeds, Arguments... arguments) : Base{arguments...}, speeds_{speeds}
    {
    }

    void ReportRuns(const std::vector<Run>& runs) override
    {
        auto plain = runs;
        for (auto& run : plain) {
            run.run_name.iterations.clear();
            run.run_name.min_time.clear();
            run.run_name.repetitions.clear();
            run.run_name.time_type.clear();
            auto items = run.counters.find("items_per_second");
            bool only = run.run_type == Run::RT_Iteration || run.aggregate_name == "median";
            if (only && items != run.counters.end()) {
                (*speeds_)[run.run_name.str()] = items->second;
            }
        }
        Base::ReportRuns(plain);
    }

private:
    Speeds* speeds_;
};

/// The name with its contender cut out, and the contender; nothing of both where `name` is of
/// another case.
std::string contenderBeside(std::string_view name, std::string_view head, std::string_view tail)
{
    if (name.size() <= head.size() + tail.size() + 1 || !name.starts_with(head) ||
        !name.ends_with(tail) || name[head.size()] != '/') {
        return {};
    }
    auto contender = name.substr(head.size() + 1, name.size() - tail.size() - head.size() - 1);
    return contender.find('/') == std::string_view::npos ? std::string{contender} : std::string{};
}

void printRatios(const Speeds& speeds)
{
    bool first = true;
    for (const auto& [name, speed] : speeds) {
        auto at = name.find(ours);
        bool whole = at != std::string::npos &&
                     (at + ours.size() == name.size() || name[at + ours.size()] == '/');
        if (!whole) { continue; }
        auto head = std::string_view{name}.substr(0, at);
        auto tail = std::string_view{name}.substr(at + ours.size());
        std::pair<double, std::string> best;
        for (const auto& [other, otherSpeed] : speeds) {
            auto contender = contenderBeside(other, head, tail);
            if (!contender.empty() && other != name) {
                best = std::max(best, {otherSpeed, contender});
            }
        }
        if (best.first <= 0) { continue; }
        if (std::exchange(first, false)) {
            std::printf("\nsluice against the best other contender\n");
        }
        std::printf("%-52s %6.3f of %s\n", name.c_str(), speed / best.first, best.second.c_str());
    }
}
} // namespace

int main(int argc, char** argv)
{
    auto given = [&](std::string_view option) {
        return std::any_of(argv + 1, argv + argc,
            [&](const char* word) { return std::string_view{word}.starts_with(option); });
    };
    // Another format on the screen is for programs, which get the library's own reporter.
    bool screen = !given("--benchmark_format=");
    bool file = given("--benchmark_out=");
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) { return 1; }

    Speeds speeds;
    Plain<benchmark::ConsoleReporter> console{&speeds, isatty(STDOUT_FILENO) != 0
                                                           ? benchmark::ConsoleReporter::OO_Color
                                                           : benchmark::ConsoleReporter::OO_None};
    Plain<benchmark::JSONReporter> json{&speeds};
    benchmark::RunSpecifiedBenchmarks(screen ? &console : nullptr, file ? &json : nullptr);
    benchmark::Shutdown();
    if (screen) { printRatios(speeds); }
    return 0;
}
