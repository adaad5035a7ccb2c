"""What a restaurant's own websites may ask: contract 1's ``ReservationWidget``."""
