"""Setting a house up: floor, services, hours, limits, and what each means for the book."""
