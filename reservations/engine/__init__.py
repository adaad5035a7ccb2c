"""The booking engine: pure rules that say what is free, who sits where, and why not.

No Django, no clock, no I/O (import-linter holds it to that). Everything arrives as an
argument, ``now`` included; every answer carries its reasons. One calculation feeds the
availability endpoint, the hold, the refusal, the suggested times and the floor.
"""
