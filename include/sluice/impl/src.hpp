#pragma once

// The body of the engine, for the one source that compiles it.
#if !defined(SLUICE_SEPARATE_COMPILATION)
#error "sluice: define SLUICE_SEPARATE_COMPILATION everywhere when the engine is compiled once"
#endif

#include <sluice/impl/block.ipp>
#include <sluice/impl/byte_stream_source.ipp>
#include <sluice/impl/bytes.ipp>
#include <sluice/impl/binary_records_stream.ipp>
#include <sluice/impl/clock.ipp>
#include <sluice/impl/crew.ipp>
#include <sluice/impl/delay_statistics.ipp>
#include <sluice/impl/describe.ipp>
#include <sluice/impl/event_log.ipp>
#include <sluice/impl/explain.ipp>
#include <sluice/impl/file_selection.ipp>
#include <sluice/impl/file_slice.ipp>
#include <sluice/impl/file_source.ipp>
#include <sluice/impl/generator_stream.ipp>
#include <sluice/impl/history.ipp>
#include <sluice/impl/lifecycle.ipp>
#include <sluice/impl/metrics.ipp>
#include <sluice/impl/object_file.ipp>
#include <sluice/impl/part_files.ipp>
#include <sluice/impl/pool.ipp>
#include <sluice/impl/print.ipp>
#include <sluice/impl/progress.ipp>
#include <sluice/impl/pull_stage.ipp>
#include <sluice/impl/rate_controller.ipp>
#include <sluice/impl/rate_estimator.ipp>
#include <sluice/impl/rate_limiter.ipp>
#include <sluice/impl/receiver_stage.ipp>
#include <sluice/impl/runtime.ipp>
#include <sluice/impl/signal.ipp>
#include <sluice/impl/slice.ipp>
#include <sluice/impl/socket_source.ipp>
#include <sluice/impl/socket_text_stream.ipp>
#include <sluice/impl/source_stage.ipp>
#include <sluice/impl/spawn.ipp>
#include <sluice/impl/stage.ipp>
#include <sluice/impl/stage_graph.ipp>
#include <sluice/impl/stdin_stream.ipp>
#include <sluice/impl/stop_on_signals.ipp>
#include <sluice/impl/streaming_context.ipp>
#include <sluice/impl/table.ipp>
#include <sluice/impl/take.ipp>
#include <sluice/impl/task_groups.ipp>
#include <sluice/impl/text_file_stream.ipp>
#include <sluice/impl/text_form.ipp>
#include <sluice/impl/udp_stream.ipp>
#include <sluice/impl/union.ipp>
#include <sluice/impl/window.ipp>
