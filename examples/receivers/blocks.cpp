// A receiver that emits blocks: many records at once, with the range that an outside queue knows
// them by, and the records as views into memory that is not copied.

#include <sluice/input/receiver_stream.hpp>
#include <sluice/sluice.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sl = sluice;
using namespace std::chrono_literals;

namespace {
/// Stands for a broker's client. A message that is not acknowledged is delivered again by it.
class Broker {
public:
    struct Delivery {
        std::uint64_t first = 0; ///< number of the first message
        std::vector<std::string> messages;
    };

    /// What was not delivered yet, at most `limit` messages.
    Delivery fetch(std::size_t limit)
    {
        const std::uint64_t first = next_;
        next_ = std::min<std::uint64_t>(first + limit, messages_.size());
        return {first, {messages_.begin() + static_cast<std::ptrdiff_t>(first),
                           messages_.begin() + static_cast<std::ptrdiff_t>(next_)}};
    }

    void acknowledge(std::uint64_t until)
    {
        acknowledged_ = until;
        std::cout << "acknowledged up to " << acknowledged_ << '\n';
    }

private:
    std::vector<std::string> messages_{"a", "b", "c", "d", "e"};
    std::uint64_t next_ = 0;
    std::uint64_t acknowledged_ = 0;
};

// [ranges]
auto brokerStream(sl::StreamingContext& context, const std::shared_ptr<Broker>& broker)
{
    const auto receive = [broker](sl::Emitter<std::string>& emitter) -> sl::Awaitable<void> {
        for (;;) {
            auto [first, messages] = broker->fetch(3);
            if (messages.empty()) { co_return; }
            sl::OffsetRange range{"broker", 0, first, first + messages.size()};
            co_await emitter.emit(std::move(messages), std::move(range));
            co_await emitter.sleep(100ms);
        }
    };
    const auto acknowledge = [broker](const sl::OffsetRange& range) {
        broker->acknowledge(range.until); // on io, as the receiver: no lock is needed
    };
    return sl::receiverStream<std::string>(
        context, receive, {.name = "broker", .acknowledge = acknowledge});
}
// [ranges]

// [views]
/// The fields of a line of text, as views into the text: the block owns both.
sl::Partition<std::string_view> fieldsOf(std::string line)
{
    struct Held {
        std::string line;
        std::vector<std::string_view> fields;
    };
    auto held = std::make_shared<Held>();
    held->line = std::move(line);
    for (const std::string_view field : sl::splitBy(',')(held->line)) {
        held->fields.push_back(field);
    }
    const std::span<const std::string_view> fields{held->fields};
    return {std::move(held), fields};
}

sl::Awaitable<void> receiveFields(sl::Emitter<std::string_view>& emitter)
{
    const std::string line = "to,be,or,not,to,be";
    co_await emitter.emit(fieldsOf(line), line.size());
}
// [views]
} // namespace

int main()
{
    sl::StreamingContext context{{.batchInterval = 50ms}};
    std::size_t records = 0;
    brokerStream(context, std::make_shared<Broker>()) |
        sl::foreachBatch([&](const sl::Batch<std::string>& batch) {
            records += batch.size();
            if (records == 5) { context.requestStop(sl::Stop::graceful); }
        });
    std::size_t fields = 0;
    sl::receiverStream<std::string_view>(context, receiveFields) |
        sl::foreachBatch(
            [&fields](const sl::Batch<std::string_view>& batch) { fields += batch.size(); });
    context.start();
    context.awaitTermination();
    std::cout << records << " messages, " << fields << " fields\n";
}
