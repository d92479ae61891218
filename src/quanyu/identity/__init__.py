"""From identifiers to persons: who is one human being, why, and how it is undone (`domain.md` M-38)."""
