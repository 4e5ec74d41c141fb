#pragma once

#include <sluice/algebra/arena.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/partition/detail/same_key.hpp>
#include <sluice/partition/detail/text_key.hpp>
#include <sluice/partition/hash.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// How a combine table holds its keys. A probe is a key being looked up: it has a hash, says
/// whether a slot holds it, and makes the key that a new slot stores.
namespace sluice::detail {

template <class K>
inline constexpr bool isText = std::same_as<K, std::string> || std::same_as<K, std::string_view>;

/// A hash as a slot stores it, the half that chooses places: 0 says that the slot is empty.
constexpr std::uint32_t storedHash(std::uint64_t hash)
{
    const auto upper = static_cast<std::uint32_t>(hash >> 32);
    return upper + (upper == 0 ? 1 : 0);
}

/// A hash that a slot stores, as far as it is known.
constexpr std::uint64_t wholeHash(std::uint32_t stored)
{
    return std::uint64_t{stored} << 32;
}

/// Keys that a probe may as well hold itself, so that it can wait while the record is gone.
template <class K>
inline constexpr bool isSmallKey =
    std::is_trivially_copyable_v<K> && std::default_initializable<K> && sizeof(K) <= 16;

/// Keys that are stored as they are.
template <class K>
class TableKeys {
    static_assert(Owning<K>, "sluice: the keys of a table must own what they refer to");

public:
    using View = const K&;
    using Stored = K;

    class Probe {
    public:
        Probe() // no key: its hash is 0
            requires isSmallKey<K>
            : key_{}, hash_{0}
        {
        }
        Probe(const K& key, std::uint64_t hash) : key_{key}, hash_{hash | neverZero} {}

        std::uint64_t hash() const { return hash_; }

        template <class Slot>
        bool isIn(const Slot& slot) const
        {
            if constexpr (std::integral<K> || std::is_enum_v<K>) {
                return slot.key == key_ && slot.hash != 0;
            } else {
                return slot.hash == storedHash(hash_) && sameKey<K>(slot.key, key_);
            }
        }

        Stored store(TableKeys&) const { return key_; }

    private:
        std::conditional_t<isSmallKey<K>, K, const K&> key_;
        std::uint64_t hash_;
    };

    /// The usual probe; where it can wait, it may while its record is gone.
    using ShortProbe = Probe;
    static constexpr bool canWait = isSmallKey<K>;

    /// Calls `use` with the probe for `key`, or with what `probe()` of makes one.
    template <class Use>
    [[gnu::always_inline]] static decltype(auto) look(const K& key, Use use)
    {
        return use(Probe{key, hashOf(key)});
    }

    /// Calls `use` with the probe for the key of a slot of another table.
    template <class Slot, class Use>
    static void lookAgain(const Slot& slot, Use use)
    {
        use(Probe{slot.key, wholeHash(slot.hash)});
    }

    static View view(const Stored& key) { return key; }
    void clear(std::size_t) {}
};

/// Texts: up to 15 bytes in the slot itself, longer ones in memory of the table.
template <class K>
    requires isText<K>
class TableKeys<K> {
public:
    using View = std::string_view;

    /// The words of `ShortText` as they lie in memory, or an address and a length tagged as long.
    struct Stored {
        std::uint64_t low = 0;
        std::uint64_t high = 0;
    };

    class ShortProbe {
    public:
        ShortProbe() = default; // no key: its hash is 0

        explicit ShortProbe(ShortText text)
            : low_{littleEndian(text.low)}, high_{littleEndian(text.high)}, hash_{text.hash()}
        {
        }
        ShortProbe(Stored key, std::uint64_t hash) : low_{key.low}, high_{key.high}, hash_{hash} {}

        std::uint64_t hash() const { return hash_; }

        template <class Slot>
        bool isIn(const Slot& slot) const
        {
            return ((slot.key.low ^ low_) | (slot.key.high ^ high_)) == 0;
        }

        Stored store(TableKeys&) const { return {low_, high_}; }

    private:
        std::uint64_t low_ = 0;
        std::uint64_t high_ = 0;
        std::uint64_t hash_ = 0;
    };

    class LongProbe {
    public:
        LongProbe(std::string_view text, std::uint64_t hash)
            : text_{text}, high_{littleEndian(text.size() | longTag)}, hash_{hash}
        {
        }

        std::uint64_t hash() const { return hash_; }

        template <class Slot>
        bool isIn(const Slot& slot) const
        {
            return slot.hash == storedHash(hash_) && slot.key.high == high_ &&
                   view(slot.key) == text_;
        }

        Stored store(TableKeys& all) const
        {
            std::string_view kept = all.arena_.keep(text_);
            all.keptBytes_ += kept.size();
            return {reinterpret_cast<std::uintptr_t>(kept.data()), high_};
        }

    private:
        std::string_view text_;
        std::uint64_t high_;
        std::uint64_t hash_;
    };

    /// Becomes a probe where there is room for the code: hashing it would crowd a fused loop.
    struct LongText {
        std::string_view text;
        LongProbe probe() const { return {text, hashText(text)}; }
    };

    static constexpr bool canWait = true;

    template <class Use>
    [[gnu::always_inline]] static decltype(auto) look(std::string_view key, Use use)
    {
        if (key.size() <= ShortText::longest) { return use(ShortProbe{packShort(key)}); }
        return use(LongText{key});
    }

    template <class Slot, class Use>
    static void lookAgain(const Slot& slot, Use use)
    {
        if (isLong(slot.key)) {
            use(LongProbe{view(slot.key), wholeHash(slot.hash)});
        } else {
            use(ShortProbe{slot.key, wholeHash(slot.hash)});
        }
    }

    static View view(const Stored& key)
    {
        std::uint64_t high = littleEndian(key.high);
        if (isLong(key)) {
            // NOLINTNEXTLINE(performance-no-int-to-ptr): one word of the key holds the address
            return {reinterpret_cast<const char*>(static_cast<std::uintptr_t>(key.low)),
                static_cast<std::size_t>(high & ~longTag)};
        }
        return {reinterpret_cast<const char*>(&key), static_cast<std::size_t>((high >> 56) - 1)};
    }

    /// Forgets all keys; gives memory back where it holds much more than `sane` bytes.
    void clear(std::size_t sane)
    {
        if (arena_.capacity() > sane + 8 * keptBytes_) { arena_ = Arena{}; }
        arena_.clear();
        keptBytes_ = 0;
    }

private:
    static constexpr std::uint64_t longTag = std::uint64_t{0xFF} << 56;

    static bool isLong(const Stored& key) { return (littleEndian(key.high) >> 56) == 0xFF; }

    Arena arena_;
    std::size_t keptBytes_ = 0;
};

} // namespace sluice::detail
