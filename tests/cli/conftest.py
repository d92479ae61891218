from services.built import run_once, shop

__all__ = ["run_once", "shop"]
