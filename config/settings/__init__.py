"""Settings: ``base`` is common; ``development``, ``production``, ``test`` say how they differ."""
