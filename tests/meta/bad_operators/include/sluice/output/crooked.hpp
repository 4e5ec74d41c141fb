#pragma once

/// Has a page, but none that anybody finds their way about in.
///
/// - **Types**: `DStream<T>` to an output operation.
void crooked();

/// Is not named by the page of its header.
///
/// - **Types**: `DStream<T>` to an output operation.
void bent();
