// expect: sluice: records that are kept must own what they refer to: use std::string for views
// budget: 14
#include <sluice/algebra/map.hpp>
#include <sluice/dstream/dstream.hpp>
#include <sluice/output/foreach_batch.hpp>

#include <string>

class Opaque {
public:
    explicit Opaque(const std::string& text) : text_{&text} {}

private:
    const std::string* text_;
};

#ifdef SLUICE_EXPECT_FAILURE
constexpr auto make = [](const std::string& text) { return Opaque{text}; };
#else
constexpr auto make = sluice::borrows([](const std::string& text) { return Opaque{text}; });
#endif

void each(const sluice::DStream<std::string>& texts)
{
    texts | sluice::map(make) | sluice::foreachBatch([](const auto&) {});
}
