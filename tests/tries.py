"""How often tests that try at random, or again and again, do so: less in every run, more with QUANYU_TEST_LONG=1."""

import os


def tries(each_time: int, at_length: int) -> int:
    """Return the first number, or the second when tests of minutes are asked for."""
    return at_length if os.environ.get("QUANYU_TEST_LONG") else each_time
