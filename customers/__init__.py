"""Guests as a restaurant group knows them: contact, consent, allergies, tags."""
