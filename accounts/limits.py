"""How often somebody may guess at a password, counted together at every door."""

from __future__ import annotations

from core.rates import Window

SIGN_INS_OF_ACCOUNT = Window("token-account", 10, 300)
"""Failed sign-ins to one e-mail address, by a page or the API, whether or not it has an account.

2,880 guesses a day at most, and whoever is locked out by a guesser waits five minutes.
"""
