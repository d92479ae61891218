"""Compiled kernels: numba when it is installed, the same function uncompiled otherwise, so answers cannot differ."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Final, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

IS_COMPILED: Final = find_spec("numba") is not None


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function compiled to machine code at its first call (kept on disk), or as it is without numba.

    The function may use numbers and numpy arrays only; ordered scans are what it is for.
    """
    if not IS_COMPILED:
        return function
    # Imported at the first kernel, because it costs most of a second that other commands need not pay.
    from numba import njit

    return cast(Callable[P, R], njit(cache=True, nogil=True)(function))
