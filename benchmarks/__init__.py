"""Synthetic retailers and the measuring of quanyu's own steps on them (`docs/benchmarks.md`)."""
