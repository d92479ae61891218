"""One module per family of SDKs: which requests are its own, what they say, what they are answered."""
