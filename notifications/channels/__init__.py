"""One file per way of reaching a guest, behind the interface in ``base``."""
