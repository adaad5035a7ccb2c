"""Settings: ``base`` has everything, ``development``, ``production`` and ``test`` say how they differ."""
