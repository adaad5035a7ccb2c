"""Where payment providers send their messages; not for integrators."""
