"""Every model's label per person and date in one table, and the flows between dates."""
