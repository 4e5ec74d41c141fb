// expect: sluice: a sentence
// budget: 3
template <int N>
constexpr int countDown()
{
#ifdef SLUICE_EXPECT_FAILURE
    static_assert(N > 0, "sluice: a sentence");
#endif
    if constexpr (N > 0) {
        return countDown<N - 1>();
    } else {
        return 0;
    }
}

int started = countDown<4>();
