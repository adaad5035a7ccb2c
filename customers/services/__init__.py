"""Writing guests, by subject. Whoever books needs ``identity`` only."""

from customers.services.identity import (
    Account,
    Contact,
    Known,
    identify,
    recognise,
    remember,
)

__all__ = ["Account", "Contact", "Known", "identify", "recognise", "remember"]
