"""Project wiring: settings, URLs, servers. Everything may be imported here; nobody imports from here."""
