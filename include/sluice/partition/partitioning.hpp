#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace sluice {

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
        made.known_ = std::make_shared<const By<P>>(std::move(partitioner));
        return made;
    }

    [[nodiscard]] explicit operator bool() const noexcept { return known_ != nullptr; }

    /// How many there are; 0 where that is not known.
    [[nodiscard]] std::size_t partitions() const { return known_ ? known_->partitions() : 0; }

    /// Whether equal keys are known to be in partitions of the same number.
    [[nodiscard]] bool isLike(const Partitioning& other) const
    {
        return known_ && other.known_ && (known_ == other.known_ || known_->equals(*other.known_));
    }

private:
    class Known {
    public:
        Known() = default;
        Known(const Known&) = delete;
        Known& operator=(const Known&) = delete;
        virtual ~Known() = default;
        [[nodiscard]] virtual std::size_t partitions() const = 0;
        [[nodiscard]] virtual bool equals(const Known& other) const = 0;
    };

    template <class P>
    class By final : public Known {
    public:
        explicit By(P partitioner) : partitioner_{std::move(partitioner)} {}

        [[nodiscard]] std::size_t partitions() const override
        {
            return static_cast<std::size_t>(partitioner_.partitions());
        }
        [[nodiscard]] bool equals(const Known& other) const override
        {
            const auto* same = dynamic_cast<const By*>(&other);
            return same != nullptr && same->partitioner_ == partitioner_;
        }

    private:
        P partitioner_;
    };

    std::shared_ptr<const Known> known_;
};

} // namespace sluice
