#pragma once

#include <sluice/input/detail/line_borders.hpp>
#include <sluice/input/detail/line_framer.hpp>
#include <sluice/input/text_file_stream.hpp>
#include <sluice/storage/pool.hpp>

#include <cstring>
#include <optional>
#include <span>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// Framers with their buffers, used again: most files are small.
class FramerPool {
public:
    explicit FramerPool(std::size_t maxLineBytes) : maxLineBytes_{maxLineBytes} {}

    /// A framer that nothing was put into, or whose last stream is over.
    [[nodiscard]] std::shared_ptr<LineFramer> take()
    {
        auto slot = slots_.take();
        if (!slot->framer) { slot->framer.emplace(maxLineBytes_); }
        LineFramer* framer = &*slot->framer;
        return {std::move(slot), framer};
    }

    [[nodiscard]] std::size_t maxLineBytes() const noexcept { return maxLineBytes_; }

private:
    struct Slot {
        std::optional<LineFramer> framer;

        void clear() noexcept
        {
            if (!framer) { return; }
            framer->reset(); // where a task failed, lines were left
            (void)framer->cut();
        }
    };

    std::size_t maxLineBytes_;
    Pool<Slot> slots_;
};

SLUICE_DECL TextReader::TextReader(std::size_t maxLineBytes)
    : framers_{std::make_shared<FramerPool>(maxLineBytes)}
{
}

struct TextSlice::State {
    State(OpenSlice& openFile, FramerPool& framers)
        : file{openFile},
          framer{framers.take()},
          refusedBefore{framer->refused()},
          borders{openFile.from(), openFile.until(), framers.maxLineBytes()}
    {
        file.seek(borders.start());
    }

    /// Reads on; whether that was all.
    bool readOn()
    {
        const std::span<char> space = framer->writable();
        const std::size_t bytes = file.read(space);
        const auto kept = borders.keep(space.first(bytes));
        if (!kept.empty()) {
            std::memmove(space.data(), kept.data(), kept.size());
            framer->commit(kept.size());
            file.countBytes(kept.size());
        }
        return bytes == 0 || borders.passed();
    }

    void end()
    {
        framer->endOfStream();
        file.countRefused(framer->refused() - refusedBefore);
        ended = true;
    }

    OpenSlice& file;
    std::shared_ptr<LineFramer> framer;
    std::size_t refusedBefore;
    LineBorders borders;
    std::optional<TextBlock> block;
    bool ended = false;
};

SLUICE_DECL TextSlice::TextSlice(OpenSlice& file, const TextReader& reader)
    : state_{std::make_unique<State>(file, *reader.framers_)}
{
}

SLUICE_DECL TextSlice::~TextSlice() = default;

SLUICE_DECL std::string_view TextSlice::next()
{
    State& state = *state_;
    for (;;) {
        state.block = state.framer->cut();
        if (state.block) {
            state.file.countRecords(state.block->records);
            return state.block->text;
        }
        if (state.ended) { return {}; }
        if (state.readOn()) { state.end(); }
    }
}

} // namespace sluice::detail::inline SLUICE_ABI
