"""市场 · entries, sales, accounts and settlement; knows nothing of devices."""
