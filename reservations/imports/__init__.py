"""Backfilling a house with bookings from a file, in the order they were made."""
