#include <sluice/engine/skipped_records.hpp>

#include "support/catch.hpp"

#include <boost/assert/source_location.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <stdexcept>
#include <string>

using boost::system::system_error;
using sluice::engine::textOf;

namespace {
/// An error that knows where in the sources it came up, as those of Asio do.
boost::system::error_code refused()
{
    static constexpr boost::source_location where{"/usr/include/there.hpp", 93, "connect"};
    const auto code = boost::system::errc::make_error_code(boost::system::errc::connection_refused);
    return {code, &where};
}
} // namespace

TEST_CASE("what users read of a failure is what it says", "[engine][skipped_records]")
{
    CHECK(textOf(std::runtime_error{"no"}) == "no");
    CHECK(textOf(std::make_exception_ptr(std::runtime_error{"no"})) == "no");
    CHECK(textOf(std::make_exception_ptr(13)) == "unknown exception");
}

TEST_CASE("the text of a system error says nothing of places in Boost", "[engine][skipped_records]")
{
    const std::string words = refused().message();
    REQUIRE(std::string{system_error{refused()}.what()}.find("there.hpp") != std::string::npos);
    CHECK(textOf(system_error{refused()}) == words);
    CHECK(textOf(system_error{refused(), "connect"}) == "connect: " + words);
    CHECK(textOf(std::make_exception_ptr(system_error{refused()})) == words);
}
