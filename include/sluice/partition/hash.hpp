#pragma once

#include <sluice/partition/detail/mix.hpp>
#include <sluice/partition/detail/text_key.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sluice {

namespace detail {
/// How a key type is hashed; without `operator()` where it cannot be.
template <class K>
struct Hasher {
    std::uint64_t operator()(const K& key) const
        requires requires {
            {
                std::hash<K>{}(key)
            } -> std::convertible_to<std::size_t>;
        }
    {
        return mix(std::hash<K>{}(key), mixRoot);
    }
};

template <class K>
concept Hashable = requires(const K& key) { Hasher<K>{}(key); };

template <class K>
    requires std::integral<K> || std::is_enum_v<K>
struct Hasher<K> {
    constexpr std::uint64_t operator()(K key) const
    {
        if constexpr (std::same_as<K, char>) { // signed on some machines
            return mix(static_cast<unsigned char>(key), mixRoot);
        } else {
            return mix(static_cast<std::uint64_t>(key), mixRoot);
        }
    }
};

template <std::floating_point K>
struct Hasher<K> {
    constexpr std::uint64_t operator()(K key) const
    {
        if (key != key) {
            return mix(mixRoot, mixPhi); // NaN is one key, whatever its bits
        }
        double value = key == K{0} ? 0.0 : static_cast<double>(key); // -0.0 equals 0.0
        return mix(std::bit_cast<std::uint64_t>(value), mixPhi);
    }
};

template <class K>
    requires std::same_as<K, std::string> || std::same_as<K, std::string_view>
struct Hasher<K> {
    std::uint64_t operator()(std::string_view key) const { return hashText(key); }
};

template <class... K>
constexpr std::uint64_t hashInOrder(const K&... keys)
{
    std::uint64_t state = mixPhi;
    ((state = mix(state, Hasher<K>{}(keys))), ...);
    return state;
}

template <Hashable A, Hashable B>
struct Hasher<std::pair<A, B>> {
    constexpr std::uint64_t operator()(const std::pair<A, B>& key) const
    {
        return hashInOrder(key.first, key.second);
    }
};

template <Hashable... K>
struct Hasher<std::tuple<K...>> {
    constexpr std::uint64_t operator()(const std::tuple<K...>& key) const
    {
        return std::apply([](const K&... parts) { return hashInOrder(parts...); }, key);
    }
};

template <Hashable K, std::size_t n>
struct Hasher<std::array<K, n>> {
    constexpr std::uint64_t operator()(const std::array<K, n>& key) const
    {
        std::uint64_t state = mixPhi;
        for (const K& part : key) {
            state = mix(state, Hasher<K>{}(part));
        }
        return state;
    }
};

template <Hashable K>
struct Hasher<std::optional<K>> {
    constexpr std::uint64_t operator()(const std::optional<K>& key) const
    {
        return key ? hashInOrder(*key) : mixRoot;
    }
};
} // namespace detail

/// `K` can be a key: it compares equal to itself and `hashOf` takes it.
template <class K>
concept HashableKey = std::equality_comparable<K> && detail::Hashable<K>;

/// The hash of a key: its upper bits choose the partition and the place in a table.
///
/// Equal keys have equal hashes, `std::string` and `std::string_view` among them. The values are
/// the same in every run, with every compiler and on every machine, but for types hashed through
/// `std::hash`.
template <class K>
    requires HashableKey<K>
[[nodiscard]] constexpr std::uint64_t hashOf(const K& key)
{
    return detail::Hasher<K>{}(key);
}

[[nodiscard]] inline std::uint64_t hashOf(const char* key)
{
    return detail::hashText(key);
}

} // namespace sluice
