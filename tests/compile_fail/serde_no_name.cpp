// expect: sluice: Serde<T>: a specialisation needs a name for its format
// budget: 14
#include <sluice/storage/block.hpp>

#include <string>
#include <string_view>

class Money {
public:
    explicit Money(long cents) : cents_{cents} {}
    long cents() const { return cents_; }

private:
    long cents_;
};

template <>
struct sluice::Serde<Money> {
#ifndef SLUICE_EXPECT_FAILURE
    static constexpr std::string_view name{"Money 1"};
#endif
    static void write(Writer& out, const Money& money) { out.number(money.cents()); }
    static Money read(Reader& in) { return Money{in.number<long>()}; }
};

auto read(const std::string& bytes)
{
    return sluice::readBlock<Money>(bytes);
}
