"""Progress of long work as values; the command line draws them, a server could send them."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one stage of a run is.

    `done` and `total` count `unit` (rows, tables, persons); `total` is None while it cannot be known.  A stage begins
    with its first progress and ends with one whose `done` equals `total`, or when another stage begins.
    """

    stage: str
    item: str = ""
    done: int = 0
    total: int | None = None
    unit: str = "rows"


Listener = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Hear progress and do nothing."""
