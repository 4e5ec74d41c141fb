#pragma once

#include <sluice/dstream/dstream.hpp>
#include <sluice/output/detail/part_files.hpp>
#include <sluice/output/text_form.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace sluice::detail::inline SLUICE_ABI {

/// The terminal of `saveAsTextFiles`: a line for each record.
class TextFileTerminal {
public:
    explicit TextFileTerminal(PartFile& file) : file_{&file} {}

    template <class T>
    void operator()(T&& record)
    {
        std::string& out = file_->buffer();
        appendText(out, record);
        out += '\n';
        if (file_->full()) { file_->flush(); }
    }

    void finish() const {}

private:
    PartFile* file_;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The output operation behind `saveAsTextFiles(prefix, suffix)`.
class SaveAsTextFiles {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool shrinks = true;
    static constexpr std::string_view name{"saveAsTextFiles"};

    explicit SaveAsTextFiles(detail::BatchPath path) : path_{std::move(path)} {}

    template <class T>
    using Output = void;

    template <class T>
    static constexpr bool accepts = TextWritable<T>;

    template <class T>
    static consteval void refuse()
    {
        static_assert(accepts<T>, "sluice: saveAsTextFiles(): the records need a text form: "
                                  "operator<<, or pairs, tuples, optionals and ranges of what has "
                                  "one");
    }

    template <class T, class U, class Chain>
    void applyTo(const DStream<T, From<U, Chain>>& stream) const
    {
        detail::addPartFiles<detail::TextFileTerminal>(stream, name, path_);
    }

private:
    detail::BatchPath path_;
};

/// Writes each batch as text: a directory `prefix-ms.suffix`, a file for each partition, a line for
/// each record.
///
/// - **Types**: `DStream<T>`, `T` with a text form (`TextWritable`), to an output operation.
/// - **Takes**: what the name of the directory begins with, a path whose parent exists; what it
///   ends with, if anything. Between them stands the time of the batch in milliseconds.
/// - **Shape**: ends the fused loop: records are not stored. Partitions are written in parallel, to
///   `part-00000`, `part-00001`...
/// - **Time**: the directory appears, all at once and with an empty file `_SUCCESS` in it, when the
///   batch is committed: after the disk has it, and before sources are told that the batch is done.
/// - **Empty**: a directory for an empty batch too.
/// - **Errors**: InvalidArgument, where the output is made, for a folder that does not exist or may
///   not be written to, a prefix that is a URL, a suffix with a `/`, and where another output of
///   the context writes to the same directories. What the system refuses later (no space, a folder
///   that is gone) fails the batch; nothing is left of a batch that fails. A batch that is run
///   again replaces the directory of the same name with all that is in it, if it has a `_SUCCESS`
///   or is empty; any other is left alone and fails the batch. Of a process that was killed the
///   next one removes what is left: one at a time may write to a prefix and suffix.
/// - **Cost**: text goes through a buffer of 64 KiB: no call of the system and no allocation per
///   record.
/// - **Source**: Spark's `DStream.saveAsTextFiles`.
[[nodiscard]] inline SaveAsTextFiles saveAsTextFiles(std::string prefix, std::string suffix = "")
{
    return SaveAsTextFiles{
        detail::BatchPath{SaveAsTextFiles::name, std::move(prefix), std::move(suffix)}};
}

} // namespace sluice::inline SLUICE_ABI
