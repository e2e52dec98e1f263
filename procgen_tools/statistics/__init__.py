"""Intervals, regressions, probes and resampling."""
