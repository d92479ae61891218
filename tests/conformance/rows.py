"""How conformance tests read their files and compare answers."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from ruamel.yaml import YAML


def read_yaml(name: str) -> Any:
    """Return a YAML file that stands beside the tests."""
    return YAML(typ="safe", pure=True).load(Path(__file__).with_name(name))


def values(table: pa.Table) -> list[list[object]]:
    """Return the rows of an answer as plain values; decimals as their text, so that their scale counts."""
    columns = [column.to_pylist() for column in table.columns]
    return [
        [str(value) if isinstance(value, Decimal) else value for value in row] for row in zip(*columns, strict=True)
    ]
