// expect: sluice: a sentence
// budget: 14
#ifdef SLUICE_EXPECT_FAILURE
static_assert(sizeof(int) == 0, "something else");
#endif
