"""Rules of meaning, one subject a file: each takes checked shapes and gives problems, and never raises."""
