// expect: never said
// budget: 14
int fine = 1;
