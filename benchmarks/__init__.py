"""Benchmarks: ratios from one run, printed for people to judge. See docs/benchmarks.md."""
