#pragma once

#include <sluice/algebra/arena.hpp>
#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/detail/repoint.hpp>
#include <sluice/algebra/owning.hpp>

#include <concepts>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::detail {

/// Whether records that end a chain with this lifetime hold views whose bytes have to be copied.
template <class T, Lifetime lifetime>
inline constexpr bool copiesBytes = !Owning<T> && lifetime == Lifetime::ephemeral;

/// Whether a boundary can keep such records at all.
template <class T, Lifetime lifetime>
inline constexpr bool canKeep = (!copiesBytes<T, lifetime> || keepable<T>)&&(
    lifetime != Lifetime::record || std::copy_constructible<T>);

/// Instantiated only where `canKeep` is false, to say in one sentence what is wrong.
template <class T, Lifetime lifetime>
consteval void refuseToKeep()
{
    if constexpr (lifetime == Lifetime::record && !std::copy_constructible<T>) {
        static_assert(canKeep<T, lifetime>,
            "sluice: keeping these records would copy them, and their type can only be moved");
    } else {
        static_assert(canKeep<T, lifetime>,
            "sluice: records that are kept must own what they refer to: use std::string for views, "
            "borrows(f) where f's views point into its argument, or specialise sluice::Owning<T>");
    }
}

struct NoArena {};

/// Records that were kept, with the bytes under their views where those had to be copied.
template <class T, bool copyBytes>
struct Kept {
    std::vector<T> records;
    [[no_unique_address]] std::conditional_t<copyBytes, Arena, NoArena> arena;

    constexpr void add(auto&& record)
    {
        records.push_back(std::forward<decltype(record)>(record));
        if constexpr (copyBytes) { repoint(records.back(), arena); }
    }
};

/// The terminal that keeps every record.
template <class T, bool copyBytes>
class Collector {
public:
    constexpr explicit Collector(Kept<T, copyBytes> kept) : kept_{std::move(kept)} {}

    constexpr void operator()(auto&& record) { kept_.add(std::forward<decltype(record)>(record)); }

    constexpr auto finish() -> Kept<T, copyBytes> { return std::move(kept_); }

private:
    Kept<T, copyBytes> kept_;
};

} // namespace sluice::detail
