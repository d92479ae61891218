"""Arithmetic on aggregates: small, exact, cited; no rows of people."""
