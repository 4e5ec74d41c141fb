#pragma once

#include <sluice/input/detail/block_framer.hpp>
#include <sluice/input/receiver_stage.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace sluice::detail::inline SLUICE_ABI {

/// A receiver that reads a stream of bytes. Its records are whole blocks of lines or frames: those
/// themselves are found by the fused loop behind it.
class ByteStreamSource : public ReceiverStage {
public:
    ByteStreamSource(
        engine::StageInfo&& info, const Options& options, std::unique_ptr<BlockFramer> framer);
    ~ByteStreamSource() override;

protected:
    /// Where the next bytes go.
    [[nodiscard]] std::span<char> writable() { return framer_->writable(); }

    /// So many came. Throws once nothing that follows can be understood.
    void read(std::size_t bytes);

    /// The stream has ended, `inOrder` or not: what is left of it is accepted or refused. Does
    /// nothing the second time.
    void streamEnded(bool inOrder);

private:
    void closeBlock() override;
    void acceptPending();
    void reportRefusals();

    std::unique_ptr<BlockFramer> framer_;
    std::size_t acceptedRecords_ = 0; // of the open block
    std::size_t acceptedBytes_ = 0;   // the same
    std::size_t refusedBefore_ = 0;
};

} // namespace sluice::detail::inline SLUICE_ABI
