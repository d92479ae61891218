"""Good proportions: pytest reports what is above them at the end of a run; twice as much is refused."""

from pathlib import Path

from house.exceptions import unexcused
from house.sizes import REFUSED_AT, above
from house.source import PACKAGE


def test_nothing_is_twice_as_big_as_we_like():
    faults = [str(size) for size in above(PACKAGE, REFUSED_AT)]
    assert unexcused("sizes", faults, place_of=lambda fault: fault.split(" ")[0]) == []


def test_planted_sizes_are_measured(tmp_path: Path):
    body = "".join(f"    x{number} = 1\n" for number in range(101))
    deep = "def deep():\n" + "".join("    " * level + "if x:\n" for level in range(1, 8)) + "    " * 8 + "pass\n"
    (tmp_path / "long.py").write_text(f'def long():\n    """One\n    two."""\n{body}{deep}', encoding="utf-8")
    (tmp_path / "flat.py").write_text(
        "def flat():\n" + "".join(f"    {'if' if n == 0 else 'elif'} x == {n}:\n        y = {n}\n" for n in range(9)),
        encoding="utf-8",
    )
    (tmp_path / "long.sql").write_text("-- header\n" * 50 + "SELECT\n" + "  a,\n" * 120, encoding="utf-8")
    found = {(size.place, size.what): size.count for size in above(tmp_path, REFUSED_AT)}
    assert found == {
        ("long.py:long", "lines of a function"): 102,
        ("long.py:deep", "nested blocks"): 7,
        ("long.sql", "lines of a SQL file"): 121,
    }
