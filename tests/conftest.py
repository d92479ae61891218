"""Which tests need another program, and how hypothesis is seeded."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Marker → variable that switches it on. CI sets all but the last (.ci/run): tests of minutes are run before a release.
SWITCHES = {
    "spark": "QUANYU_TEST_SPARK",
    "browser": "QUANYU_TEST_BROWSER",
    "postgres": "QUANYU_TEST_POSTGRES",
    "mysql": "QUANYU_TEST_MYSQL",
    "long": "QUANYU_TEST_LONG",
}

# Before any JVM starts: settings for many small queries (tests/spark_conf); a Spark of one's own keeps its settings.
os.environ.setdefault("SPARK_CONF_DIR", str(Path(__file__).parent / "spark_conf"))
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")

# The same examples every time, on a machine of any speed; a failure prints how to see it again.
settings.register_profile("house", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker, variable in SWITCHES.items():
            if item.get_closest_marker(marker) and not os.environ.get(variable):
                item.add_marker(pytest.mark.skip(reason=f"{variable} is not set"))
