"""Pages of set-up."""
