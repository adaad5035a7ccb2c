"""The event streams of staff screens: a small ASGI application beside the pages (docs/adr/0038)."""
