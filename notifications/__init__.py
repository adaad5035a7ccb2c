"""Messages to guests: rows first (the outbox), sent afterwards by a channel."""
