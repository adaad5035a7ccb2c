"""What is done with money: rows first, the provider outside of any transaction."""
