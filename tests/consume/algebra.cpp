#include <sluice/algebra/evaluate.hpp>
#include <sluice/algebra/filter.hpp>

#include <vector>

int main()
{
    std::vector<int> ages{12, 40, 17, 65};
    auto adults = sluice::evaluate(sluice::filter([](int age) { return age >= 18; }), ages);
    return adults == std::vector{40, 65} ? 0 : 1;
}
