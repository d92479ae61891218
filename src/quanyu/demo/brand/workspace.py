"""The sample workspace `brand`: definitions that ship with quanyu, and an invented retailer made for it."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from quanyu.demo.brand.flavours import FLAVOURS, Flavour
from quanyu.demo.brand.make import make_brand
from quanyu.demo.brand.persons import World
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.progress import Listener, silent

FEWEST: Final = 1_000
MOST: Final = 1_000_000
_MADE: Final = ("exports", "truth")
_UNFINISHED: Final = ".brand-unfinished"


@dataclass(frozen=True, slots=True)
class BrandWish:
    """Which retailer to invent: its size, seed and flavour, and whether the last month has planted problems."""

    persons: int = 20_000
    seed: int = 7
    flavour: str = "beauty"
    problems: bool = True


def make_brand_workspace(definitions: Path, target: Path, wish: BrandWish, progress: Listener = silent) -> Path:
    """Make the workspace in the folder `target` and return it; exports that stand there already are kept.

    Raises UserError `demo.flavour` or `demo.persons`.
    """
    flavour = _checked(wish)
    shutil.copytree(definitions, target, dirs_exist_ok=True)
    text = (definitions / "quanyu.yaml").read_text(encoding="utf-8")
    (target / "quanyu.yaml").write_text(_settings(text, flavour), encoding="utf-8")
    if (target / "truth").exists():
        return target
    # Made aside and moved at the end: what is half done is never taken for a retailer.
    aside = target / _UNFINISHED
    shutil.rmtree(aside, ignore_errors=True)
    make_brand(World(wish.seed, wish.persons, flavour, wish.problems), aside, progress)
    for name in _MADE:
        (aside / name).rename(target / name)
    aside.rmdir()
    return target


def _checked(wish: BrandWish) -> Flavour:
    problems = []
    flavour = FLAVOURS.get(wish.flavour)
    if flavour is None:
        remedy = did_you_mean(wish.flavour, list(FLAVOURS)) or f"There are {', '.join(FLAVOURS)}."
        problems.append(Problem("demo.flavour", f'No flavour "{wish.flavour}".', remedy))
    if not FEWEST <= wish.persons <= MOST:
        message = f"{wish.persons:,} persons."
        problems.append(Problem("demo.persons", message, f"Choose {FEWEST:,} to {MOST:,}."))
    if problems or flavour is None:
        raise UserError(problems)
    return flavour


def _settings(text: str, flavour: Flavour) -> str:
    first = FLAVOURS["beauty"]
    for given, meant in (
        (first.zh, flavour.zh),
        (first.en, flavour.en),
        (f"industry: {first.industry}", f"industry: {flavour.industry}"),
    ):
        text = text.replace(given, meant)
    return text
