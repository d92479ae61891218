"""Persons brought up to date between two builds: what new rows touch is computed again, beside the published build."""
