int main()
{
    // [fine]
    const int fine = 1;
    if (fine == 1) { return 0; }
    // [fine]
}
