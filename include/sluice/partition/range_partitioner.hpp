#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/algebra/nan.hpp>
#include <sluice/algebra/natural_order.hpp>
#include <sluice/algebra/owning.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <random>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice {

namespace detail {
/// The key in an element of a sample, which is a key or a record with one.
template <class K, class Element>
K sampledKey(const Element& element)
{
    if constexpr (std::constructible_from<K, const Element&>) {
        return K(element);
    } else {
        return K(std::get<0>(element));
    }
}

template <class Element, class K>
concept SampleOf = std::constructible_from<K, const Element&> || requires(const Element& element) {
    requires std::constructible_from<K, decltype(std::get<0>(element))>;
};

/// Up to about `enough` elements from all over a range: one of each of so many stretches, chosen
/// by numbers that are the same in every run.
template <class K, class Range>
std::vector<K> sampleKeys(Range&& range, std::size_t enough)
{
    std::vector<K> sample;
    const auto keep = [&sample](const auto& element) {
        K key = sampledKey<K>(element);
        if (!holdsNaN(key)) { sample.push_back(std::move(key)); } // not all orders have a place
    };
    if constexpr (std::ranges::forward_range<Range>) {
        const auto count = static_cast<std::size_t>(std::ranges::distance(range));
        const std::size_t stretch = count / enough + 1;
        std::minstd_rand random; // NOLINT(cert-msc51-cpp): the same in every run, as meant
        std::size_t skip = random() % stretch;
        std::size_t rest = stretch - 1 - skip; // of this stretch behind the one chosen
        for (const auto& element : range) {
            if (skip > 0) {
                --skip;
                continue;
            }
            keep(element);
            const std::size_t next = random() % stretch;
            skip = rest + next;
            rest = stretch - 1 - next;
        }
    } else {
        for (const auto& element : range) {
            keep(element);
        }
    }
    return sample;
}
} // namespace detail

/// Decides by a key's place in an order in which partition it lives: all keys of a partition come
/// before those of the next.
///
/// Partition `i` has the keys up to and including bound `i`, the last one all behind the last
/// bound. Bounds are given, or sampled from keys that are like those to come. NaN is behind all
/// bounds; a key with NaN in one of its parts is where `NaturalOrder` has it, and behind all bounds
/// of any other order. Two are equal when their bounds are.
template <class K, std::copy_constructible Compare = NaturalOrder>
class RangePartitioner {
    static_assert(Owning<K>, "sluice: RangePartitioner<K>: the bounds are kept and must own their "
                             "memory; use RangePartitioner<std::string> for texts");

public:
    /// One partition more than bounds; throws InvalidArgument unless each bound is behind the one
    /// before.
    explicit RangePartitioner(std::vector<K> bounds, Compare compare = Compare{})
        : bounds_{std::move(bounds)}, partitions_{bounds_.size() + 1}, compare_{std::move(compare)}
    {
        for (std::size_t i = 1; i < bounds_.size(); ++i) {
            if (!compare_(bounds_[i - 1], bounds_[i])) {
                throw InvalidArgument{"sluice: RangePartitioner: bound " + std::to_string(i) +
                                      " given is not behind the one before, and must be"};
            }
        }
    }

    /// With bounds between which about equally many of `sample` lie: keys, or records with a key,
    /// a batch for one. Of many it looks at some, the same ones in every run. There are always
    /// `partitions`, the last of them empty where there are not as many different keys.
    template <std::ranges::input_range Keys>
        requires detail::SampleOf<std::ranges::range_value_t<Keys>, K>
    [[nodiscard]] static RangePartitioner sampled(
        Keys&& sample, std::size_t partitions, Compare compare = Compare{})
    {
        if (partitions == 0) {
            throw InvalidArgument{"sluice: RangePartitioner::sampled(sample, partitions): 0 "
                                  "partitions given, must be at least 1"};
        }
        auto chosen = detail::sampleKeys<K>(sample, std::max<std::size_t>(1024, 64 * partitions));
        std::sort(chosen.begin(), chosen.end(),
            [&compare](const K& a, const K& b) { return static_cast<bool>(compare(a, b)); });
        std::vector<K> bounds;
        for (std::size_t i = 1; i < partitions && chosen.size() > 1; ++i) {
            const std::size_t place = i * chosen.size() / partitions;
            const K& bound = chosen[place == 0 ? 0 : place - 1];
            if (bounds.empty() || compare(bounds.back(), bound)) { bounds.push_back(bound); }
        }
        RangePartitioner made{std::move(bounds), std::move(compare)};
        made.partitions_ = partitions;
        return made;
    }

    [[nodiscard]] std::size_t partitions() const noexcept { return partitions_; }
    [[nodiscard]] const std::vector<K>& bounds() const noexcept { return bounds_; }

    /// The partition of a key, which may be of another type that `Compare` takes.
    template <class Key>
        requires std::predicate<const Compare&, const K&, const Key&>
    [[nodiscard]] std::size_t operator()(const Key& key) const
    {
        if constexpr (std::floating_point<Key> || !std::same_as<Compare, NaturalOrder>) {
            if (detail::holdsNaN(key)) { return bounds_.size(); }
        }
        const auto place = std::lower_bound(bounds_.begin(), bounds_.end(), key,
            [this](const K& bound, const Key& k) { return static_cast<bool>(compare_(bound, k)); });
        return static_cast<std::size_t>(place - bounds_.begin());
    }

    friend bool operator==(const RangePartitioner& a, const RangePartitioner& b)
        requires std::is_empty_v<Compare> || std::equality_comparable<Compare>
    {
        if constexpr (!std::is_empty_v<Compare>) {
            if (!(a.compare_ == b.compare_)) { return false; }
        }
        return a.partitions_ == b.partitions_ &&
               std::equal(a.bounds_.begin(), a.bounds_.end(), b.bounds_.begin(), b.bounds_.end(),
                   [&a](const K& x, const K& y) { return !a.compare_(x, y) && !a.compare_(y, x); });
    }

private:
    std::vector<K> bounds_;
    std::size_t partitions_;
    [[no_unique_address]] Compare compare_;
};

} // namespace sluice
