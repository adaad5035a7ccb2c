"""The book: the engine that decides, the ledger that guarantees, the services that write."""
