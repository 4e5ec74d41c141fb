#pragma once

// The body of the engine, for the one source that compiles it.
#if !defined(SLUICE_SEPARATE_COMPILATION)
#error "sluice: define SLUICE_SEPARATE_COMPILATION everywhere when the engine is compiled once"
#endif

#include <sluice/impl/call_run.ipp>
#include <sluice/impl/call_stage.ipp>
#include <sluice/impl/call_watch.ipp>
#include <sluice/impl/clock.ipp>
#include <sluice/impl/crew.ipp>
#include <sluice/impl/delay_statistics.ipp>
#include <sluice/impl/describe.ipp>
#include <sluice/impl/event_log.ipp>
#include <sluice/impl/explain.ipp>
#include <sluice/impl/generator_stream.ipp>
#include <sluice/impl/lifecycle.ipp>
#include <sluice/impl/metrics.ipp>
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
#include <sluice/impl/socket_text_stream.ipp>
#include <sluice/impl/source_stage.ipp>
#include <sluice/impl/spawn.ipp>
#include <sluice/impl/split_stage.ipp>
#include <sluice/impl/stage.ipp>
#include <sluice/impl/stage_graph.ipp>
#include <sluice/impl/stop_on_signals.ipp>
#include <sluice/impl/streaming_context.ipp>
#include <sluice/impl/take.ipp>
#include <sluice/impl/task_groups.ipp>
#include <sluice/impl/text_form.ipp>
#include <sluice/impl/union.ipp>
