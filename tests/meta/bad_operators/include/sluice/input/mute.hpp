#pragma once

/// Does not say that it is a source.
[[nodiscard]] inline auto muteStream(engine::Runtime& runtime);
