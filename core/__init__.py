"""The shared kernel: clock, errors, locks, jobs, audit. Imports no project code."""
