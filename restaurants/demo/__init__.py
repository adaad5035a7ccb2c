"""Demo restaurants: data by house, and the builder that writes them. Idempotent, no randomness."""
