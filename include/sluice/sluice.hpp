#pragma once

// The core of sluice in one include, for first programs: what needs an optional dependency, and
// testing/, is not in it.
#include <sluice/algebra/borrow.hpp>
#include <sluice/algebra/error.hpp>
#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>
#include <sluice/algebra/flat_map.hpp>
#include <sluice/algebra/flat_map_values.hpp>
#include <sluice/algebra/key_by.hpp>
#include <sluice/algebra/map.hpp>
#include <sluice/algebra/map_values.hpp>
#include <sluice/algebra/owning.hpp>
#include <sluice/algebra/pairs.hpp>
#include <sluice/algebra/swap.hpp>
#include <sluice/algebra/tap.hpp>
#include <sluice/algebra/text.hpp>
#include <sluice/dstream/cache.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/dstream/glom.hpp>
#include <sluice/dstream/map_partitions.hpp>
#include <sluice/dstream/shuffle/count.hpp>
#include <sluice/dstream/shuffle/count_by_value.hpp>
#include <sluice/dstream/shuffle/distinct.hpp>
#include <sluice/dstream/shuffle/reduce.hpp>
#include <sluice/dstream/shuffle/reduce_by_key.hpp>
#include <sluice/dstream/shuffle/repartition.hpp>
#include <sluice/dstream/take.hpp>
#include <sluice/dstream/transform.hpp>
#include <sluice/dstream/transform_with.hpp>
#include <sluice/dstream/union.hpp>
#include <sluice/engine/task_error.hpp>
#include <sluice/output/foreach_batch.hpp>
#include <sluice/output/print.hpp>
#include <sluice/output/to_channel.hpp>
#include <sluice/streaming_context.hpp>
#include <sluice/version.hpp>
