"""What staff fill in; every rule is the services', said beside its field."""
