"""Contract 4: what hotel and payment integrations call; snake_case."""
