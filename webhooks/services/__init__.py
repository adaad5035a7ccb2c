"""Writing: endpoints, the feed, and deliveries."""
