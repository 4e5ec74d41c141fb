#pragma once

// Catch2 3, or 2 where only that is packaged. Approx is sluice::test::Approx with both.
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_approx.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers_all.hpp>

namespace sluice::test {
using Catch::Approx;
} // namespace sluice::test
#else
#include <catch2/catch.hpp>

namespace sluice::test {
using Catch::Detail::Approx;
} // namespace sluice::test
#endif
