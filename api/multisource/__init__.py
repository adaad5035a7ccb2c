"""Contract 1: reservations from many sources, as programs with a key send and read them."""
