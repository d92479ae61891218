"""quanyu 全域: from a retailer's raw exports to one consumer-operations system."""

__version__ = "0.1.0"
