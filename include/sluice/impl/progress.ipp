#pragma once

#include <sluice/engine/progress.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#if __has_include(<unistd.h>) && __has_include(<sys/ioctl.h>)
#include <sys/ioctl.h>
#include <unistd.h>
#define SLUICE_KNOWS_TERMINALS
#endif

namespace sluice::inline SLUICE_ABI {

namespace engine::detail {
// Of a terminal that does not tell.
constexpr std::size_t usualWidth = 80;

inline bool isTerminal([[maybe_unused]] std::FILE* stream)
{
#if defined(SLUICE_KNOWS_TERMINALS)
    return ::isatty(::fileno(stream)) != 0;
#else
    return false;
#endif
}

inline std::size_t terminalWidth([[maybe_unused]] std::FILE* stream)
{
#if defined(SLUICE_KNOWS_TERMINALS)
    ::winsize size{};
    if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
#endif
    return usualWidth;
}

#if defined(SLUICE_KNOWS_TERMINALS)
#undef SLUICE_KNOWS_TERMINALS
#endif

/// Three digits of a number that is shown beside its unit.
inline void appendShort(std::string& text, double number)
{
    // Where rounding brings the next digit: 99.96 is 100, not 100.0.
    const int decimals = number >= 99.95 || number == 0 ? 0 : number >= 9.995 ? 1 : 2;
    char digits[64];
    const auto end =
        std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed, decimals);
    text.append(digits, end.ptr);
}

inline void appendRate(std::string& text, double perSecond)
{
    const char* unit = "";
    for (const char* larger : {"k", "M", "G"}) {
        if (perSecond < 1000) { break; }
        perSecond /= 1000;
        unit = larger;
    }
    appendShort(text, perSecond);
    text += unit;
}

/// In the largest unit in which it is at least 1.
inline void appendDuration(std::string& text, const BatchInfo::Elapsed& elapsed)
{
    struct Unit {
        const char* name;
        double nanoseconds;
    };
    constexpr Unit units[] = {
        {" h", 3.6e12}, {" min", 6e10}, {" s", 1e9}, {" ms", 1e6}, {" us", 1e3}, {" ns", 1}};
    if (!elapsed) {
        text += '-';
        return;
    }
    // A clock that was set back must not make this unreadable.
    const double nanoseconds = std::max(0.0, static_cast<double>(elapsed->count()));
    const Unit* unit = std::find_if(std::begin(units), std::end(units) - 1,
        [&](const Unit& each) { return nanoseconds >= each.nanoseconds; });
    appendShort(text, nanoseconds / unit->nanoseconds);
    text += unit->name;
}

/// The time of day, UTC, with milliseconds only where they say something.
inline void appendTime(std::string& text, Time time, bool milliseconds)
{
    constexpr std::int64_t day = 86'400'000;
    const std::int64_t rest = time.time_since_epoch().count() % day;
    const auto sinceMidnight = static_cast<std::uint64_t>(rest < 0 ? rest + day : rest);
    const auto append = [&text](std::uint64_t number, std::size_t digits) {
        const std::string all = std::to_string(number);
        text.append(digits - std::min(digits, all.size()), '0');
        text += all;
    };
    append(sinceMidnight / 3'600'000, 2);
    text += ':';
    append(sinceMidnight / 60'000 % 60, 2);
    text += ':';
    append(sinceMidnight / 1000 % 60, 2);
    if (milliseconds) {
        text += '.';
        append(sinceMidnight % 1000, 3);
    }
}
} // namespace engine::detail

SLUICE_DECL ConsoleProgress::ConsoleProgress(std::FILE* stream)
{
    if (!engine::detail::isTerminal(stream)) { return; }
    sink_ = [stream](std::string_view text) {
        (void)std::fwrite(text.data(), 1, text.size(), stream);
        (void)std::fflush(stream);
    };
    width_ = [stream] { return engine::detail::terminalWidth(stream); };
}

SLUICE_DECL ConsoleProgress::ConsoleProgress(Sink sink, std::size_t width)
    : sink_{std::move(sink)}, width_{[width] { return width; }}
{
}

SLUICE_DECL ConsoleProgress::~ConsoleProgress()
{
    try {
        finish();
    } catch (...) { // a line that cannot be ended is no reason to end the program
    }
}

SLUICE_DECL void ConsoleProgress::onReceiverError(const ReceiverError&)
{
    countSourceError();
}

SLUICE_DECL void ConsoleProgress::onReceiverStopped(const ReceiverStopped& source)
{
    if (!source.message.empty()) { countSourceError(); }
}

SLUICE_DECL void ConsoleProgress::countSourceError()
{
    const std::lock_guard lock{mutex_};
    ++sourceErrors_;
    stale_ = true; // the next batch is near
}

SLUICE_DECL void ConsoleProgress::onBatchSubmitted(const BatchSubmitted& batch)
{
    const std::lock_guard lock{mutex_};
    nextToSubmit_ = batch.index + 1;
    if (!nextToStart_) { nextToStart_ = batch.index; }
    stale_ = true;
    // A batch that will start at once is not worth a line of its own.
    if (running_ && isDue(drawnAt_, batch.submitted)) { drawAt(batch.submitted); }
}

SLUICE_DECL void ConsoleProgress::onBatchStarted(const BatchStarted& batch)
{
    const std::lock_guard lock{mutex_};
    nextToStart_ = batch.index + 1;
    running_ = true;
    stale_ = true;
    if (!last_ && batch.started && isDue(drawnAt_, *batch.started)) { drawAt(*batch.started); }
}

SLUICE_DECL void ConsoleProgress::onBatchCompleted(const BatchCompleted& batch)
{
    const std::lock_guard lock{mutex_};
    if (last_ && batch.index > last_->index) {
        interval_ =
            (batch.time - last_->time) / static_cast<std::int64_t>(batch.index - last_->index);
    }
    last_ = batch;
    running_ = false;
    if (!batch.failure.empty()) { ++failed_; }
    stale_ = true;
    // However short a batch is: only other completions put its line off.
    if (batch.ended && isDue(completionDrawnAt_, *batch.ended)) {
        completionDrawnAt_ = batch.ended;
        drawAt(*batch.ended);
    }
}

SLUICE_DECL void ConsoleProgress::finish()
{
    const std::lock_guard lock{mutex_};
    if (sink_ && drawnAt_) {
        if (stale_) { draw(); }
        sink_("\n");
    }
    sink_ = nullptr;
}

SLUICE_DECL bool ConsoleProgress::isDue(const std::optional<Instant>& last, Instant at)
{
    constexpr std::chrono::milliseconds between{100};
    return !last || at < *last || at - *last >= between; // before: the clock was set back
}

SLUICE_DECL void ConsoleProgress::drawAt(Instant at)
{
    if (!sink_) { return; }
    drawnAt_ = at;
    draw();
}

SLUICE_DECL void ConsoleProgress::draw()
{
    const std::size_t width = width_();
    std::string text = line().substr(0, width);
    const std::size_t length = text.size();
    // Spaces over what is left of a longer line: every terminal understands them.
    if (length < drawn_) { text.resize(std::min(drawn_, width), ' '); }
    sink_('\r' + text);
    drawn_ = length;
    stale_ = false;
}

SLUICE_DECL std::string ConsoleProgress::line() const
{
    std::string text;
    if (last_) {
        const bool wholeSeconds = last_->time.time_since_epoch().count() % 1000 == 0 &&
                                  (!interval_ || interval_->count() % 1000 == 0);
        text += "batch " + std::to_string(last_->index) + ' ';
        engine::detail::appendTime(text, last_->time, !wholeSeconds);
        text += "  ";
        if (failed_ > 0) { text += std::to_string(failed_) + " failed  "; }
        if (interval_ && interval_->count() > 0) {
            engine::detail::appendRate(text, static_cast<double>(last_->records) * 1000 /
                                                 static_cast<double>(interval_->count()));
        } else {
            text += '-';
        }
        text += " records/s  delay ";
        engine::detail::appendDuration(text, last_->schedulingDelay());
        text += "  took ";
        engine::detail::appendDuration(text, last_->processingTime());
    } else {
        text += "no batch yet";
    }
    if (sourceErrors_ > 0) { text += "  source errors " + std::to_string(sourceErrors_); }
    const std::uint64_t next = nextToStart_.value_or(nextToSubmit_);
    text += "  waiting " + std::to_string(nextToSubmit_ > next ? nextToSubmit_ - next : 0);
    return text;
}

} // namespace sluice::inline SLUICE_ABI
