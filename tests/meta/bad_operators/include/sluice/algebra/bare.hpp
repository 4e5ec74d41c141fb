#pragma once

/// Has nothing that belongs to it.
///
/// - **Types**: texts to a stream
///   of records.
/// - **Takes**: nothing.
template <class T>
[[nodiscard]] inline auto bareStream(T records)
{
    return records;
}
