"""Reads: they build the engine's inputs and answer 'which bookings', and never write."""
