#pragma once

#include <array>
#include <cstddef>

namespace sluice::detail {

/// Lookups in a table beyond the inner caches wait here for a few records, while memory is fetched
/// for them; they come out in the order in which they went in.
///
/// A probe without a key has the hash 0.
template <class Probe, class Value>
class Lookahead {
public:
    /// Takes in one lookup, and calls `use(probe, value)` for the one that has waited longest.
    template <class Use>
    [[gnu::always_inline]] void push(Probe probe, Value value, Use use)
    {
        Lookup& oldest = waiting_[oldest_];
        oldest_ = (oldest_ + 1) % depth;
        // One by one: GCC would copy the whole through memory, at a tenth of the time.
        const Probe due = oldest.probe;
        const Value dueValue = oldest.value;
        oldest = {probe, value};
        if (due.hash() != 0) { use(due, dueValue); }
    }

    /// Calls `use(probe, value)` for all that wait.
    template <class Use>
    void finish(Use use)
    {
        const Lookup& newest = waiting_[(oldest_ + depth - 1) % depth];
        if (newest.probe.hash() == 0) { return; } // none has ever waited
        for (std::size_t i = 0; i < depth; ++i) {
            push({}, {}, use);
        }
    }

private:
    struct Lookup {
        Probe probe;
        Value value;
    };

    static constexpr std::size_t depth = 32;

    std::array<Lookup, depth> waiting_{};
    std::size_t oldest_ = 0;
};

/// In the place of a lookahead where none pays: nothing ever waits.
struct NoLookahead {
    template <class Probe, class Value, class Use>
    void push(const Probe& probe, const Value& value, Use use)
    {
        use(probe, value);
    }

    template <class Use>
    void finish(Use)
    {
    }
};

} // namespace sluice::detail
