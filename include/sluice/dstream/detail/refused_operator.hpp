#pragma once

#include <string_view>

namespace sluice::detail {

/// What a call returns that was refused before there was a stream: every stream refuses it once
/// more, but in silence, so that one mistake is one error.
struct RefusedOperator {
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool shrinks = false;
    static constexpr std::string_view name{"refused"};

    template <class T>
    static constexpr bool accepts = false;

    template <class T>
    static consteval void refuse()
    {
    }
};

} // namespace sluice::detail
