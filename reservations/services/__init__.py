"""Writes. Each follows one path: begin, lock, read, ask the engine, write, commit, enqueue."""
