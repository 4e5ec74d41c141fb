#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/dstream/detail/refused_operator.hpp>
#include <sluice/dstream/dstream.hpp>

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::detail::inline SLUICE_ABI {

/// Lists the partitions of its inputs, those of the first input first. Moves and copies no record.
class UnionStage final : public engine::Stage {
public:
    using Stage::Stage;

    Work open(const engine::BatchContext&) override { return {}; }
    void runTask(std::size_t, engine::TaskContext&) override {}
    void close(const engine::BatchContext&) override;
};

} // namespace sluice::detail::inline SLUICE_ABI

namespace sluice::inline SLUICE_ABI {

/// The operator behind `union_(others...)`.
template <class U>
class Union {
public:
    using SluiceOperator = void;
    static constexpr bool narrow = false;
    static constexpr bool keeps = true;
    static constexpr bool shrinks = false;
    static constexpr std::string_view name{"union_"};

    explicit Union(std::vector<DStream<U>> others) : others_{std::move(others)} {}

    template <class T>
    using Output = T;

    template <class T>
    static constexpr bool accepts = std::same_as<T, U>;

    template <class T>
    static consteval void refuse()
    {
        static_assert(
            accepts<T>, "sluice: union_(others...): all streams must have the same record type");
    }

    template <class T, class From>
    auto applyTo(const DStream<T, From>& stream) const -> DStream<T>
    {
        engine::Runtime& runtime = stream.runtime();
        engine::Stage::Inputs inputs{detail::closeChain(stream)};
        for (const DStream<T>& other : others_) {
            if (&other.runtime() != &runtime) {
                throw InvalidArgument{
                    "sluice: union_(others...): a stream of another context was given; all must "
                    "belong to one"};
            }
            inputs.push_back(other.parent());
        }
        return {runtime,
            engine::makeStage<detail::UnionStage>(runtime.newStage(name), std::move(inputs))};
    }

private:
    std::vector<DStream<U>> others_;
};

} // namespace sluice::inline SLUICE_ABI

namespace sluice::detail {
template <class Stream, class T>
concept StreamOf = requires { requires std::same_as<typename Stream::Record, T>; };
} // namespace sluice::detail

namespace sluice::inline SLUICE_ABI {

/// All records of this stream and of `others`, without removing doubles.
///
/// - **Types**: `DStream<T>` and any number of `DStream<T>` to `DStream<T>`.
/// - **Shape**: closes the chains of all; partitions of the first stream first, then of the others
///   in order. Records neither move nor are copied.
/// - **Empty**: the union of what is there.
/// - **Errors**: InvalidArgument where a stream belongs to another context.
/// - **Cost**: one list of partitions a batch.
/// - **Source**: Spark's `DStream.union` (`union` is a word of C++) and `StreamingContext.union`.
template <class T, class From, class... Others>
[[nodiscard]] auto union_(const DStream<T, From>& first, const Others&... others)
{
    constexpr bool sameType = (detail::StreamOf<Others, T> && ...);
    static_assert(
        sameType, "sluice: union_(others...): all streams must have the same record type");
    if constexpr (sameType) {
        return Union<T>{std::vector<DStream<T>>{first, DStream<T>{others}...}};
    } else {
        return detail::RefusedOperator{};
    }
}

} // namespace sluice::inline SLUICE_ABI

#if !defined(SLUICE_SEPARATE_COMPILATION)
#include <sluice/impl/union.ipp>
#endif
