"""What the report reads of the relationship models: one file per model, rows and how they are read."""
