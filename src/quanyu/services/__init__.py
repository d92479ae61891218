"""Use cases: one function per thing a person can ask; the command line and later the API call them."""
