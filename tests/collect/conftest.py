"""A recorder for the real SDKs."""

from collections.abc import Iterator

import pytest

from collect.recorder import Recorder, recording


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with recording() as listening:
        yield listening
