"""Where providers of payments and texts send their messages; not for integrators."""
