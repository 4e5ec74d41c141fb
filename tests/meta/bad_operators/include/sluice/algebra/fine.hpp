#pragma once

class Fine {
    using SluiceOperator = void;
};

/// Has all that belongs to it.
///
/// - **Types**: `DStream<T>` to `DStream<T>`.
inline constexpr Fine fine{};
