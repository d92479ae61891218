from server.api_client import shop

__all__ = ["shop"]
