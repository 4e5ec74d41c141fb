#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

/// Memory for the bytes that views point to: grows by chunks, frees all at once, never moves.
///
/// Moving an arena keeps the views that point into it valid.
class Arena {
public:
    Arena() = default;
    Arena(Arena&& other) noexcept
        : chunks_{std::move(other.chunks_)},
          active_{std::exchange(other.active_, 0)},
          free_{std::exchange(other.free_, nullptr)},
          left_{std::exchange(other.left_, 0)}
    {
        other.chunks_.clear();
    }
    Arena& operator=(Arena&& other) noexcept
    {
        Arena taken{std::move(other)};
        std::swap(chunks_, taken.chunks_);
        std::swap(active_, taken.active_);
        std::swap(free_, taken.free_);
        std::swap(left_, taken.left_);
        return *this;
    }
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() = default;

    /// A copy of `bytes` that lives as long as this arena. Amortised: no allocation per call.
    [[nodiscard]] std::string_view keep(std::string_view bytes)
    {
        if (bytes.empty()) { return {}; }
        if (bytes.size() > left_) { refill(bytes.size()); }
        char* kept = free_;
        std::memcpy(kept, bytes.data(), bytes.size());
        free_ += bytes.size();
        left_ -= bytes.size();
        return {kept, bytes.size()};
    }

    /// Forgets what was kept; the chunks stay for reuse.
    void clear() noexcept
    {
        active_ = 0;
        free_ = chunks_.empty() ? nullptr : chunks_.front().bytes.get();
        left_ = chunks_.empty() ? 0 : chunks_.front().size;
    }

    /// Bytes held, used or not.
    [[nodiscard]] std::size_t capacity() const noexcept
    {
        std::size_t sum = 0;
        for (const Chunk& chunk : chunks_) {
            sum += chunk.size;
        }
        return sum;
    }

private:
    struct Chunk {
        std::unique_ptr<char[]> bytes;
        std::size_t size;
    };

    void refill(std::size_t wanted)
    {
        while (active_ + 1 < chunks_.size()) {
            Chunk& next = chunks_[++active_];
            if (next.size >= wanted) { return use(next); }
        }
        std::size_t last = chunks_.empty() ? firstChunk / 2 : chunks_.back().size;
        std::size_t size = std::max(wanted, std::min(last * 2, largestChunk));
        chunks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
        active_ = chunks_.size() - 1;
        use(chunks_.back());
    }

    void use(Chunk& chunk) noexcept
    {
        free_ = chunk.bytes.get();
        left_ = chunk.size;
    }

    static constexpr std::size_t firstChunk = 1024;
    static constexpr std::size_t largestChunk = std::size_t{1} << 20;

    std::vector<Chunk> chunks_;
    std::size_t active_ = 0;
    char* free_ = nullptr;
    std::size_t left_ = 0;
};

} // namespace sluice
