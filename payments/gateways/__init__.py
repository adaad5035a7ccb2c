"""One file per payment provider, behind the interface in ``base``."""
