"""Outbound webhooks: what happens in the book, told to programs that asked for it."""
