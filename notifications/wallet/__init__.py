"""A booking in the wallet of a telephone: a signed file for Apple's, a signed link for Google's.

Both are off until the operator has a certificate or a key (``docs/operations.md``).
"""
