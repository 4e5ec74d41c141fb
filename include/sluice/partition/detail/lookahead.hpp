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
    struct Lookup {
        Probe probe;
        Value value;
    };

    /// The lookup that has waited longest, perhaps none, to be replaced by one that waits from now.
    ///
    /// Read its members one by one: GCC copies the whole through memory, at a tenth of the time.
    [[gnu::always_inline]] Lookup& oldest()
    {
        Lookup& found = waiting_[oldest_];
        oldest_ = (oldest_ + 1) % depth;
        return found;
    }

    /// How many must go in until none is left that waits now.
    [[nodiscard]] std::size_t waiting() const
    {
        const Lookup& newest = waiting_[(oldest_ + depth - 1) % depth];
        return newest.probe.hash() == 0 ? 0 : depth;
    }

private:
    static constexpr std::size_t depth = 32;

    std::array<Lookup, depth> waiting_{};
    std::size_t oldest_ = 0;
};

} // namespace sluice::detail
