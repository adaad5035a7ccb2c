"""Forms of set-up."""
