#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice::detail {

/// What leaves a fused chain when a user's function throws: the operator's name, the cause nested.
class StepFailure : public std::nested_exception {
public:
    /// `inNarrowStep` says that nothing is half done: the record can be skipped.
    StepFailure(std::string_view operatorName, bool inNarrowStep)
        : operatorName_{operatorName}, inNarrowStep_{inNarrowStep}
    {
    }

    [[nodiscard]] std::string_view operatorName() const noexcept { return operatorName_; }
    [[nodiscard]] bool inNarrowStep() const noexcept { return inNarrowStep_; }

private:
    std::string_view operatorName_; // a constant of the operator's
    bool inNarrowStep_;
};

/// To be called while an exception is handled. A failure that already has a name keeps it.
[[noreturn]] inline void failIn(std::string_view operatorName, bool inNarrowStep = true)
{
    try {
        throw;
    } catch (const StepFailure&) {
        throw;
    } catch (...) {
        // Takes the exception being handled as its cause.
        throw StepFailure{operatorName, inNarrowStep};
    }
}

/// Counts records that are given up because a user's function threw.
class Skipper {
public:
    virtual void skip(std::string_view operatorName, const std::exception_ptr& cause) = 0;

protected:
    ~Skipper() = default;
};

/// Where this thread counts the records that it skips; null where a failure is one of the task.
inline thread_local Skipper* skipping = nullptr;

/// While it lives, this thread skips records that fail, if `to` is not null.
class SkipScope {
public:
    explicit SkipScope(Skipper* to) : before_{std::exchange(skipping, to)} {}
    ~SkipScope() { skipping = before_; }
    SkipScope(const SkipScope&) = delete;
    SkipScope& operator=(const SkipScope&) = delete;

private:
    Skipper* before_;
};

/// To be called while `failure` is handled: counts the record as skipped, or rethrows.
inline void skipOrRethrow(const StepFailure& failure)
{
    if (skipping == nullptr || !failure.inNarrowStep()) { throw; }
    skipping->skip(failure.operatorName(), failure.nested_ptr());
}

/// Shows records to `Next` and skips those that fail there, where the task says so. Belongs into
/// every loop that makes records, so that no more is skipped than what failed. Costs nothing per
/// record: what there is to decide is decided when something has been thrown.
template <class Next>
class PassOn {
public:
    constexpr explicit PassOn(Next& next) : next_{next} {}

    template <class T>
    constexpr void operator()(T&& record)
    {
        try {
            next_(std::forward<T>(record));
        } catch (const StepFailure& failure) {
            skipOrRethrow(failure);
        }
    }

private:
    Next& next_;
};

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
        failIn(Op::name, Op::narrow);
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
