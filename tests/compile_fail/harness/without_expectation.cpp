// budget: 14
int fine = 1;
