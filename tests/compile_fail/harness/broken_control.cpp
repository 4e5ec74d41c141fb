// expect: sluice: a sentence
// budget: 14
static_assert(sizeof(int) == 0, "sluice: a sentence");
