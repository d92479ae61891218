"""The server: the API, and the collector of live events."""
