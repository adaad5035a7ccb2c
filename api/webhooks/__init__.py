"""Outbound webhooks: how events are written, and the paths by which integrators subscribe."""
