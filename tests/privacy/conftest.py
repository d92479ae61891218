from exports.consenting import asked, asked_once
from services.built import run_once, shop

__all__ = ["asked", "asked_once", "run_once", "shop"]
