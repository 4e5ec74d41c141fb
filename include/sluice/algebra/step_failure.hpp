#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice::detail {

/// What leaves a fused chain when a user's function throws: the operator's name, the cause nested.
class StepFailure : public std::nested_exception {
public:
    explicit StepFailure(std::string_view operatorName) : operatorName_{operatorName} {}

    [[nodiscard]] const std::string& operatorName() const noexcept { return operatorName_; }

private:
    std::string operatorName_;
};

/// To be called while an exception is handled. A failure that already has a name keeps it.
[[noreturn]] inline void failIn(std::string_view operatorName)
{
    try {
        throw;
    } catch (const StepFailure&) {
        throw;
    } catch (...) {
        throw StepFailure{operatorName}; // takes the exception being handled as its cause
    }
}

/// Calls a user's function on behalf of `Op`. Costs nothing where the compiler sees that it cannot
/// throw.
template <class Op, class F, class... A>
constexpr decltype(auto) call(F& function, A&&... arguments)
{
    try {
        // std::invoke costs a compiler three more functions for each operator of a chain.
        if constexpr (std::is_member_pointer_v<F>) {
            return std::invoke(function, std::forward<A>(arguments)...);
        } else {
            return function(std::forward<A>(arguments)...);
        }
    } catch (...) {
        failIn(Op::name);
    }
}

/// Whether a function makes the same of a record that is given away as of one that is only shown.
template <class F, class T>
concept TakesAway =
    std::invocable<F&, T&&> && std::same_as<std::remove_cvref_t<std::invoke_result_t<F&, T&&>>,
                                   std::remove_cvref_t<std::invoke_result_t<F&, const T&>>>;

/// `call` with a record that the chain made is given away, unless the function borrows from it or
/// wants to see a const one. A record that lies elsewhere is shown as const: it is not the
/// function's.
template <class Op, bool borrow, class F, class T>
constexpr decltype(auto) callOn(F& function, T&& record)
{
    if constexpr (!borrow && !std::is_lvalue_reference_v<T> && TakesAway<F, T>) {
        return call<Op>(function, std::forward<T>(record));
    } else {
        return call<Op>(function, std::as_const(record));
    }
}

} // namespace sluice::detail
