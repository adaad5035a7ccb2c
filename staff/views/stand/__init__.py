"""The host stand: the screen a night is run from."""
