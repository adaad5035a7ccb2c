"""Project wiring: settings, URLs, servers. It may import everything; nothing imports it."""
