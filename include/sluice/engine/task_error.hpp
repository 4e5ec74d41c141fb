#pragma once

#include <sluice/algebra/error.hpp>
#include <sluice/engine/config.hpp>
#include <sluice/storage/time.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace sluice::inline SLUICE_ABI {

/// A user's function threw, and so did every further attempt; the last exception is nested.
class TaskError : public Error {
public:
    TaskError(std::string operatorName, Time batchTime, std::size_t partition, unsigned attempts,
        const std::string& cause)
        : Error{ErrorCode::task, "sluice: " + operatorName + " failed in batch " +
                                     toString(batchTime) + ", partition " +
                                     std::to_string(partition) + ", after " +
                                     std::to_string(attempts) +
                                     (attempts == 1 ? " attempt: " : " attempts: ") + cause},
          operatorName_{std::move(operatorName)},
          batchTime_{batchTime},
          partition_{partition}
    {
    }

    [[nodiscard]] const std::string& operatorName() const noexcept { return operatorName_; }
    [[nodiscard]] Time batchTime() const noexcept { return batchTime_; }
    [[nodiscard]] std::size_t partition() const noexcept { return partition_; }

private:
    std::string operatorName_;
    Time batchTime_;
    std::size_t partition_;
};

} // namespace sluice::inline SLUICE_ABI
