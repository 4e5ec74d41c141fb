#pragma once

// Serde<T> with the ones that are there: <sluice/storage/serializable.hpp> says what one is.
#include <sluice/storage/detail/serde_containers.hpp>
#include <sluice/storage/detail/serde_products.hpp>
#include <sluice/storage/detail/serde_scalars.hpp>
#include <sluice/storage/serializable.hpp>
