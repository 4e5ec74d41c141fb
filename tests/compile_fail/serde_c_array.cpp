// expect: sluice: these records cannot become bytes
// budget: 14
#include <sluice/storage/block.hpp>

#include <array>
#include <string>

#ifdef SLUICE_EXPECT_FAILURE
struct Color {
    unsigned char rgb[3];
};
#else
struct Color {
    std::array<unsigned char, 3> rgb;
};
#endif

auto read(const std::string& bytes)
{
    return sluice::readBlock<Color>(bytes);
}
