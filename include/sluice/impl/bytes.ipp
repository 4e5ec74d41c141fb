#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/storage/bytes.hpp>

namespace sluice::detail::inline SLUICE_ABI {

SLUICE_DECL void throwBadInput(std::string_view what)
{
    throw Error{ErrorCode::badInput, "sluice: " + std::string{what}};
}

SLUICE_DECL void throwTooFewBytes(std::size_t wanted, std::size_t left)
{
    throwBadInput("the bytes end too early: " + std::to_string(wanted) + " wanted, " +
                  std::to_string(left) + " left");
}

SLUICE_DECL void throwBadCount(std::size_t count, std::size_t eachAtLeast, std::size_t left)
{
    throwBadInput("the bytes announce " + std::to_string(count) + " elements of at least " +
                  std::to_string(eachAtLeast) + " bytes each, and " + std::to_string(left) +
                  " bytes are left");
}

SLUICE_DECL void throwTooMany(std::size_t count)
{
    throw InvalidArgument{"sluice: a value of " + std::to_string(count) +
                          " elements cannot be written, 4294967295 at most can"};
}

} // namespace sluice::detail::inline SLUICE_ABI
