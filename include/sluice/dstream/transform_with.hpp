#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/dstream/detail/transform_stage.hpp>
#include <sluice/dstream/dstream.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <ranges>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sluice::inline SLUICE_ABI {

/// The operator behind `transformWith(others..., function)`, others with records of types `V`.
template <class F, class... V>
class TransformWith {
    template <class T>
    static constexpr bool maps = BatchMapperOn<F, T, V...>;
    template <class T>
    static constexpr detail::Lifetime lifetime =
        detail::lifetimeOfTransformed<F, detail::Transformed<F, T, V...>>;

public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = false;
    static constexpr std::string_view name{"transformWith"};

    explicit TransformWith(F function, DStream<V>... others)
        : function_{std::move(function)}, others_{std::move(others)...}
    {
    }

    template <class T>
    using Output = std::ranges::range_value_t<detail::Transformed<F, T, V...>>;

    template <class T>
    static constexpr bool accepts = [] {
        if constexpr (maps<T>) {
            return detail::canKeep<Output<T>, lifetime<T>>;
        } else {
            return false;
        }
    }();

    template <class T>
    static consteval void refuse()
    {
        if constexpr (!maps<T>) {
            static_assert(maps<T>,
                "sluice: transformWith(others..., function): the function must be callable as "
                "Range(const Batch<T>&, const Batch<V>&...), a Time behind them if it likes");
        } else {
            static_assert(accepts<T>,
                "sluice: transformWith(others..., function): the records that it makes must own "
                "what they refer to (std::string for views, or specialise sluice::Owning<T>), and "
                "be copyable unless it returns them in a container");
        }
    }

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<Output<T>>
    {
        engine::Runtime& runtime = stream.runtime();
        engine::Stage::Inputs inputs{detail::closeChain(stream)};
        std::apply(
            [&](const DStream<V>&... other) { (addInput(inputs, runtime, other), ...); }, others_);
        return {runtime, engine::makeStage<detail::TransformStage<F, T, V...>>(
                             runtime.newStage(name), std::move(inputs), function_)};
    }

private:
    template <class Other>
    static void addInput(
        engine::Stage::Inputs& inputs, const engine::Runtime& runtime, const DStream<Other>& other)
    {
        if (&other.runtime() != &runtime) {
            throw InvalidArgument{
                "sluice: transformWith(others..., function): a stream of another context was "
                "given; all must belong to one"};
        }
        inputs.push_back(other.parent());
    }

    F function_;
    std::tuple<DStream<V>...> others_;
};

} // namespace sluice::inline SLUICE_ABI

namespace sluice::detail::inline SLUICE_ABI {
template <class T>
inline constexpr bool isStream = false;
template <class T, class From>
inline constexpr bool isStream<DStream<T, From>> = true;

/// Streams, and a function behind them.
template <class... A>
inline constexpr bool areStreamsAndFunction = [] {
    constexpr bool streams[]{isStream<A>...};
    for (std::size_t i = 0; i + 1 < sizeof...(A); ++i) {
        if (!streams[i]) { return false; }
    }
    return sizeof...(A) > 1 && !streams[sizeof...(A) - 1];
}();

template <class... A, std::size_t... i>
auto makeTransformWith(std::index_sequence<i...>, const A&... streamsAndFunction)
{
    const std::tuple<const A&...> all{streamsAndFunction...};
    using All = std::tuple<std::decay_t<A>...>; // a function becomes a pointer to it
    using F = std::tuple_element_t<sizeof...(i), All>;
    return TransformWith<F, typename std::tuple_element_t<i, All>::Record...>{
        std::get<sizeof...(i)>(all), std::get<i>(all)...};
}
} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// Replaces the records of each batch by what `function` makes of the whole batch and of the
/// batches of other streams for the same interval.
///
/// - **Types**: `DStream<T>` and any number of `DStream<V>`, of the same `V` or not, to
///   `DStream<U>`, `U` the value type of what it returns.
/// - **Takes**: the other streams, and behind them `BatchMapperOn<T, V...>`, called as
///   `Range(const Batch<T>&, const Batch<V>&...)`, or with the `Time` as a last argument. What it
///   returns is treated as `transform` does.
/// - **Time**: called once per batch, on `compute`, in the order of batches, and never retried.
/// - **Shape**: closes the chains of all; then a stage of its own, of one thread.
/// - **Empty**: called for empty batches too.
/// - **Errors**: as with `transform`; InvalidArgument where a stream belongs to another context.
/// - **Cost**: that of `transform`.
/// - **Source**: Spark's `DStream.transformWith`, which takes one other stream.
template <class... StreamsAndFunction>
    requires detail::areStreamsAndFunction<StreamsAndFunction...>
[[nodiscard]] auto transformWith(const StreamsAndFunction&... othersAndFunction)
{
    return detail::makeTransformWith(
        std::make_index_sequence<sizeof...(StreamsAndFunction) - 1>{}, othersAndFunction...);
}

/// The stream of what a function makes of the batches that several streams have of one interval:
/// `first | transformWith(others..., function)`, for streams of which none is the first.
///
/// - **Types**: any number of `DStream<T>` from two on, of the same `T` or not, to `DStream<U>`.
/// - **Takes**: the streams, and behind them the function, as `transformWith` calls it.
/// - **Source**: Spark's `StreamingContext.transform`.
template <class T, class From, class Second, class... More>
    requires detail::areStreamsAndFunction<Second, More...>
[[nodiscard]] auto transform(
    const DStream<T, From>& first, const Second& second, const More&... moreAndFunction)
{
    return first | transformWith(second, moreAndFunction...);
}

} // namespace sluice::inline SLUICE_ABI
