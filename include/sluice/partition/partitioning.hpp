#pragma once

#include <sluice/partition/partitioner.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sluice {

namespace detail {
/// More of them would cost a batch more than they could save it.
inline constexpr std::size_t mostPartitions = 1'048'576;

/// Throws InvalidArgument unless a batch may have so many; `what` is what they were given to.
inline void checkPartitions(std::size_t partitions, std::string_view what)
{
    if (partitions >= 1 && partitions <= mostPartitions) { return; }
    throw InvalidArgument{"sluice: " + std::string{what} + ": " + asGiven(partitions) +
                          " partitions given, must be 1 to " + std::to_string(mostPartitions)};
}
} // namespace detail

/// By which partitioner the records of a stream lie in their partitions, whatever its type; or that
/// this is not known.
class Partitioning {
public:
    /// Not known.
    Partitioning() = default;

    /// `P` is a `Partitioner`.
    template <class P>
    [[nodiscard]] static Partitioning by(P partitioner)
    {
        Partitioning made;
        made.partitions_ = static_cast<std::size_t>(partitioner.partitions());
        if constexpr (!std::same_as<P, HashPartitioner>) {
            made.users_ = std::make_shared<const By<P>>(std::move(partitioner));
        }
        return made;
    }

    [[nodiscard]] explicit operator bool() const noexcept { return partitions_ != 0; }

    /// How many there are; 0 where that is not known.
    [[nodiscard]] std::size_t partitions() const noexcept { return partitions_; }

    /// Whether equal keys are known to be in partitions of the same number.
    [[nodiscard]] bool isLike(const Partitioning& other) const
    {
        if (partitions_ == 0 || partitions_ != other.partitions_) { return false; }
        return users_ == other.users_ || (users_ && other.users_ && users_->equals(*other.users_));
    }

private:
    class Users {
    public:
        Users() = default;
        Users(const Users&) = delete;
        Users& operator=(const Users&) = delete;
        virtual ~Users() = default;
        [[nodiscard]] virtual bool equals(const Users& other) const = 0;
    };

    template <class P>
    class By final : public Users {
    public:
        explicit By(P partitioner) : partitioner_{std::move(partitioner)} {}

        [[nodiscard]] bool equals(const Users& other) const override
        {
            const auto* same = dynamic_cast<const By*>(&other);
            return same != nullptr && same->partitioner_ == partitioner_;
        }

    private:
        P partitioner_;
    };

    std::size_t partitions_ = 0;
    std::shared_ptr<const Users> users_; // none: by the hash
};

} // namespace sluice
