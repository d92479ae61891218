"""Shows at the end of a run what is above our proportions."""

import pytest

from house.sizes import above
from house.source import PACKAGE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    sizes = above(PACKAGE)
    if sizes:
        terminalreporter.section("house: bigger than we like", sep="-")
        for size in sizes[:20]:
            terminalreporter.line(str(size))
        if len(sizes) > 20:
            terminalreporter.line(f"… and {len(sizes) - 20} more")
