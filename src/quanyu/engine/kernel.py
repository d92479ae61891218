"""Compiled kernels: numba when it is installed, the same function uncompiled otherwise, so answers cannot differ."""

from collections.abc import Callable
from functools import update_wrapper
from importlib.util import find_spec
from typing import Any, Final, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

IS_COMPILED: Final = find_spec("numba") is not None


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function compiled to machine code at its first call (kept on disk), or as it is without numba.

    The function may use numbers and numpy arrays only; ordered scans are what it is for.
    """
    return _Kernel(function) if IS_COMPILED else function


class _Kernel(Generic[P, R]):
    """A function that becomes machine code when it is first called.

    Importing numba costs most of a second, which a command that runs no kernel need not pay.
    """

    def __init__(self, function: Callable[P, R]) -> None:
        self.function = function
        self.machine_code: Callable[P, R] | None = None
        update_wrapper(self, function)

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> R:
        return self.made()(*arguments, **named)

    def made(self) -> Callable[P, R]:
        """Return the function compiled; the kernels it may call by a global name stand compiled under that name."""
        if self.machine_code is None:
            from numba import njit

            self.machine_code = njit(cache=True, nogil=True)(self.function)
            names: dict[str, Any] = self.function.__globals__
            for name, value in list(names.items()):
                if isinstance(value, _Kernel):
                    names[name] = value.made()
        return self.machine_code
