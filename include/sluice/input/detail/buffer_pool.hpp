#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#endif

namespace sluice::detail {

/// Buffers of one size, used again; they may come back on any thread and after the pool's owner.
/// AddressSanitizer reports who touches one in between.
class BufferPool : public std::enable_shared_from_this<BufferPool> {
public:
    explicit BufferPool(std::size_t bufferBytes) : bufferBytes_{bufferBytes}
    {
        free_.reserve(kept);
    }

    /// At least `bytes` of memory; only buffers of the pool's own size are kept for another time.
    [[nodiscard]] std::shared_ptr<char> take(std::size_t bytes)
    {
        if (bytes > bufferBytes_) { return allocate(bytes); }
        return {reuse().release(), [pool = shared_from_this()](char* memory) {
                    pool->giveBack(std::unique_ptr<char[]>{memory});
                }};
    }

private:
    static constexpr std::size_t kept = 64;

    [[nodiscard]] static std::shared_ptr<char> allocate(std::size_t bytes)
    {
        auto memory = std::make_unique_for_overwrite<char[]>(bytes);
        return {memory.release(), std::default_delete<char[]>{}};
    }

    [[nodiscard]] std::unique_ptr<char[]> reuse()
    {
        {
            std::lock_guard lock{mutex_};
            if (!free_.empty()) {
                auto memory = std::move(free_.back());
                free_.pop_back();
                permitAccess(memory.get());
                return memory;
            }
        }
        return std::make_unique_for_overwrite<char[]>(bufferBytes_);
    }

    void giveBack(std::unique_ptr<char[]> memory) noexcept
    {
        std::lock_guard lock{mutex_};
        if (free_.size() < kept) {
            forbidAccess(memory.get());
            free_.push_back(std::move(memory));
        }
    }

    void permitAccess([[maybe_unused]] char* memory) const
    {
#ifdef ASAN_UNPOISON_MEMORY_REGION
        ASAN_UNPOISON_MEMORY_REGION(memory, bufferBytes_);
#endif
    }

    void forbidAccess([[maybe_unused]] char* memory) const
    {
#ifdef ASAN_POISON_MEMORY_REGION
        ASAN_POISON_MEMORY_REGION(memory, bufferBytes_);
#endif
    }

    std::size_t bufferBytes_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<char[]>> free_;
};

} // namespace sluice::detail
