"""The proof that nothing is sold twice: a scratch book, processes that race for it, and checks."""
