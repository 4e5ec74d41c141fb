#pragma once

#include <sluice/engine/config.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace sluice::detail {
template <class Any, class E>
concept MadeFrom = requires { sizeof(Any); } && std::constructible_from<Any, E>;
} // namespace sluice::detail

namespace sluice::inline SLUICE_ABI {

/// Any Asio executor that is handed in, or none. Made from the executor itself: `.io =
/// context.get_executor()`. Cheap to copy.
class Executor {
public:
    Executor() = default;

    template <class E>
        requires(!std::same_as<E, Executor>)
    Executor(E executor) // NOLINT(google-explicit-constructor): an option is given its executor
    {
        constexpr bool isExecutor = detail::MadeFrom<asio::any_io_executor, E>;
        static_assert(isExecutor, "sluice: an option of type Executor takes an Asio executor, such "
                                  "as io_context::get_executor(); include "
                                  "<boost/asio/any_io_executor.hpp> first");
        if constexpr (isExecutor) {
            executor_ = std::make_shared<const asio::any_io_executor>(std::move(executor));
        }
    }

    /// Whether there is one.
    explicit operator bool() const noexcept { return executor_ != nullptr; }

    /// The executor; there must be one.
    [[nodiscard]] const asio::any_io_executor& get() const noexcept { return *executor_; }

private:
    std::shared_ptr<const asio::any_io_executor> executor_;
};

} // namespace sluice::inline SLUICE_ABI
