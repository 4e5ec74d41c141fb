const char* const names[] = {"narrow/fine/sluice", "outputs/crooked/sluice", "bent"};
