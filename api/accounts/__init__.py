"""Registration and tokens for guests who use the API."""
