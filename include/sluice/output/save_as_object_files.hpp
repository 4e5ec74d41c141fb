#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/output/detail/part_files.hpp>
#include <sluice/storage/block.hpp>
#include <sluice/storage/serde.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// The terminal of `saveAsObjectFiles`: blocks of records, the last of which says so.
template <class T>
class ObjectFileTerminal {
public:
    explicit ObjectFileTerminal(PartFile& file) : file_{&file} { begin(); }

    void operator()(const T& record)
    {
        Writer out{file_->buffer()};
        Serde<T>::write(out, record);
        ++records_;
        if (file_->full()) {
            end(false);
            begin();
        }
    }

    void finish() { end(true); }

private:
    void begin() { file_->buffer().assign(BlockHeader::bytes, '\0'); }

    void end(bool last)
    {
        checkWritten<T>(file_->buffer().size() - BlockHeader::bytes, records_);
        sealBlock(file_->buffer(), 0,
            {.format = formatOf<T>(),
                .sequence = sequence_++,
                .records = static_cast<std::uint32_t>(std::exchange(records_, 0)),
                .last = last});
        file_->flush();
    }

    PartFile* file_;
    std::size_t records_ = 0; // of the block
    std::uint32_t sequence_ = 0;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The output operation behind `saveAsObjectFiles(prefix, suffix)`.
class SaveAsObjectFiles {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"saveAsObjectFiles"};

    explicit SaveAsObjectFiles(detail::BatchPath path) : path_{std::move(path)} {}

    template <class T>
    using Output = void;

    template <class T>
    static constexpr bool accepts = Serializable<T>;

    template <class T>
    static consteval void refuse()
    {
        static_assert(accepts<T>,
            "sluice: saveAsObjectFiles(): the records need a sluice::Serde<T>: there is one for "
            "numbers, text, enums with a fixed underlying type, std::chrono, standard containers, "
            "pairs, tuples, optionals, variants, and plain aggregates of them without C arrays");
    }

    template <class T, class U, class Chain>
    void applyTo(const DStream<T, From<U, Chain>>& stream) const
    {
        detail::addPartFiles<detail::ObjectFileTerminal<T>>(stream, name, path_);
    }

private:
    detail::BatchPath path_;
};

/// Writes each batch in a form that `readObjectFile<T>` reads: a directory `prefix-ms.suffix`, a
/// file for each partition.
///
/// - **Types**: `DStream<T>`, `T` with a `Serde<T>` (`Serializable`), to an output operation.
/// - **Takes**: what `saveAsTextFiles` takes.
/// - **Shape**: what `saveAsTextFiles` says: ends the fused loop, partitions in parallel.
/// - **Time**: as `saveAsTextFiles`: the directory appears all at once, after the disk has it.
/// - **Empty**: a directory for an empty batch too.
/// - **Errors**: as `saveAsTextFiles`.
/// - **Cost**: records become bytes in a buffer of 64 KiB; each time it is full, a checksum and a
///   call of the system. No allocation per record.
/// - **Source**: Spark's `DStream.saveAsObjectFiles`; the form of the files is sluice's own.
[[nodiscard]] inline SaveAsObjectFiles saveAsObjectFiles(
    std::string prefix, std::string suffix = "")
{
    return SaveAsObjectFiles{
        detail::BatchPath{SaveAsObjectFiles::name, std::move(prefix), std::move(suffix)}};
}

} // namespace sluice::inline SLUICE_ABI
