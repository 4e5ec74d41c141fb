#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

// The best word count by hand that we know: nothing in it that a word count does not need, and
// nothing of the library's. Whoever knows a faster one is welcome to put it here.
namespace best {

/// Calls `use(word)` for each run of bytes above the space.
template <class Use>
[[gnu::always_inline]] inline void forEachWord(std::string_view text, Use use)
{
    const char* data = text.data();
    std::size_t i = 0;
    std::size_t begin = 0;
    auto endAt = [&](std::size_t end) __attribute__((always_inline))
    {
        if (end != begin) { use(std::string_view{data + begin, end - begin}); }
        begin = end + 1;
    };
#if defined(__AVX2__)
    auto spaces = [](const char* p) {
        __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
        __m256i upToSpace = _mm256_cmpeq_epi8(_mm256_min_epu8(x, _mm256_set1_epi8(' ')), x);
        return std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(upToSpace))};
    };
    for (; i < text.size(); i += 64) {
        std::uint64_t mask = 0;
        if (text.size() - i >= 64) {
            mask = spaces(data + i) | (spaces(data + i + 32) << 32);
        } else {
            for (std::size_t k = i; k < text.size(); ++k) {
                mask |= std::uint64_t{static_cast<unsigned char>(data[k]) <= ' '} << (k - i);
            }
            mask |= std::uint64_t{1} << (text.size() - i);
        }
        for (; mask != 0; mask &= mask - 1) {
            endAt(i + static_cast<std::size_t>(std::countr_zero(mask)));
        }
    }
    if (begin < text.size()) { use(text.substr(begin)); }
#else
    for (; i <= text.size(); ++i) {
        if (i == text.size() || static_cast<unsigned char>(data[i]) <= ' ') { endAt(i); }
    }
#endif
}

/// Up to 15 bytes and their number; or, tagged 255, the address and size of a longer word.
struct Key {
    std::uint64_t low;
    std::uint64_t high;
};

inline std::uint64_t fold(std::uint64_t a, std::uint64_t b)
{
    __extension__ using Product = unsigned __int128;
    Product product = static_cast<Product>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t hashOf(Key key)
{
    return fold(key.low ^ 0xA0761D6478BD642F, key.high ^ 0xE7037ED1A0B428DB) | 1;
}

inline Key pack(const char* p, std::size_t n)
{
#if defined(__AVX512BW__) && defined(__AVX512VL__)
    __m128i x = _mm_maskz_loadu_epi8(static_cast<__mmask16>((1U << n) - 1), p);
    return {static_cast<std::uint64_t>(_mm_cvtsi128_si64(x)),
        static_cast<std::uint64_t>(_mm_extract_epi64(x, 1)) | ((n + 1) << 56)};
#else
    auto read = [](const char* from) {
        std::uint64_t x = 0;
        std::memcpy(&x, from, 8);
        return x;
    };
    constexpr std::uintptr_t page = 4096;
    if (reinterpret_cast<std::uintptr_t>(p) % page <=
        page - 16) { // beyond the word, within its page
        std::uint64_t keepLow = n >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * n)) - 1;
        std::uint64_t keepHigh = n <= 8 ? 0 : (std::uint64_t{1} << (8 * (n - 8))) - 1;
        return {read(p) & keepLow, (read(p + 8) & keepHigh) | ((n + 1) << 56)};
    }
    char bytes[16] = {};
    std::memcpy(bytes, p, n);
    return {read(bytes), read(bytes + 8) | ((n + 1) << 56)};
#endif
}

/// Words and their counts in the order of hashes, owning its words.
class Table {
public:
    explicit Table(unsigned log2 = 12) : slots_(sizeFor(log2)), shift_{64 - log2} {}

    [[gnu::always_inline]] void count(std::string_view word)
    {
        if (word.size() > 15) {
            return countLong(word, fold(std::hash<std::string_view>{}(word), 1));
        }
        Key key = pack(word.data(), word.size());
        std::uint64_t hash = hashOf(key);
        if (shift_ > 64 - 14) { return add(key, hash, 1); }
        // Memory beyond the inner caches is fetched while other words come.
        __builtin_prefetch(placeOf(hash), 1);
        Waiting due = std::exchange(waiting_[oldest_], Waiting{key, hash});
        oldest_ = (oldest_ + 1) % std::size(waiting_);
        if (due.hash != 0) { add(due.key, due.hash, 1); }
    }

    /// Counts the words that still wait for memory.
    void settle()
    {
        for (Waiting& due : waiting_) {
            if (due.hash != 0) { add(due.key, due.hash, 1); }
            due.hash = 0;
        }
    }

    /// Adds what `other` has of part 0 or 1 of two.
    void addHalf(const Table& other, std::uint64_t part)
    {
        std::size_t middle = std::size_t{1} << (63 - other.shift_);
        std::size_t i = part == 0 ? 0 : middle;
        for (; i < other.slots_.size(); ++i) {
            const Slot& slot = other.slots_[i];
            if (part == 0 && i >= middle && slot.hash == 0) { return; }
            if (slot.hash == 0 || slot.hash >> 63 != part) { continue; }
            if (slot.key.high >> 56 == 255) {
                countLong(viewOf(slot.key), slot.hash, slot.count);
            } else {
                add(slot.key, slot.hash, slot.count);
            }
        }
    }

    std::size_t size() const { return size_; }
    unsigned log2Size() const { return 64 - shift_; }

    /// Words of one half only come: their uppermost bit says nothing.
    void ignoreUppermostBit() { skip_ = 1; }

private:
    struct alignas(32) Slot {
        Key key{0, 0};
        std::uint64_t hash = 0;
        long count = 0;
    };

    struct Waiting {
        Key key{0, 0};
        std::uint64_t hash = 0;
    };

    static std::size_t sizeFor(unsigned log2)
    {
        return (std::size_t{1} << log2) + (std::size_t{1} << log2 >> 4) + 64;
    }

    static std::string_view viewOf(Key key)
    {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): a slot has the room of an address, no more
        return {reinterpret_cast<const char*>(key.low),
            static_cast<std::size_t>(key.high & ~(std::uint64_t{255} << 56))};
    }

    Slot* placeOf(std::uint64_t hash) { return slots_.data() + ((hash << skip_) >> shift_); }

    [[gnu::always_inline]] inline void add(Key key, std::uint64_t hash, long count)
    {
        for (Slot* slot = placeOf(hash);; ++slot) {
            if (((slot->key.low ^ key.low) | (slot->key.high ^ key.high)) == 0) {
                slot->count += count;
                return;
            }
            if (slot->hash == 0) { return insert(slot, key, hash, count); }
        }
    }

    [[gnu::noinline]] void countLong(std::string_view word, std::uint64_t hash, long count = 1)
    {
        hash |= 1;
        Slot* slot = placeOf(hash);
        for (; slot->hash != 0; ++slot) {
            if (slot->hash == hash && slot->key.high >> 56 == 255 && viewOf(slot->key) == word) {
                slot->count += count;
                return;
            }
        }
        const std::string& kept = long_.emplace_back(word);
        insert(slot,
            {reinterpret_cast<std::uintptr_t>(kept.data()),
                kept.size() | (std::uint64_t{255} << 56)},
            hash, count);
    }

    [[gnu::noinline]] void insert(Slot* slot, Key key, std::uint64_t hash, long count)
    {
        *slot = {key, hash, count};
        std::size_t places = std::size_t{1} << (64 - shift_);
        // Enough room behind the last place, so that no search runs out of the table.
        if (++size_ > places / 16 * 13 || slot + 32 > slots_.data() + slots_.size()) { grow(); }
    }

    void grow()
    {
        std::vector<Slot> old(sizeFor(64 - shift_ + 1));
        old.swap(slots_);
        --shift_;
        for (const Slot& slot : old) {
            if (slot.hash == 0) { continue; }
            Slot* at = placeOf(slot.hash);
            while (at->hash != 0) {
                ++at;
            }
            *at = slot;
        }
    }

    std::vector<Slot> slots_;
    std::deque<std::string> long_;
    Waiting waiting_[32];
    std::size_t oldest_ = 0;
    std::size_t size_ = 0;
    unsigned shift_;
    unsigned skip_ = 0;
};

} // namespace best
