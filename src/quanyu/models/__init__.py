"""Consumer models over purchase days: RFM, life cycle, value tiers and how concentrated value is."""
