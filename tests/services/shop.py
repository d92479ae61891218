"""A tiny shop on disk: orders of two months with their lines and buyers, and a list of members; dirty on purpose.

Li buys as a member (o1, o4) and by her mobile (o2), which the list of members ties together.  One row is refused: the
mobile of o9 has ten digits.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from quanyu.cli import main

SETTINGS = """brand: tiny
name: {zh: 小店, en: Tiny shop}
time_zone: Asia/Shanghai
currency: CNY
industry: beauty
language: en
engine: {threads: 1, memory_limit: 1GB}
"""

ORDERS_SOURCE = """source: orders
system: till
format: csv
path: data/orders*.csv
feeds:
  - table: order
    key: [order]
    one_per: [order]
    columns:
      order_id: order
      paid_at: paid at
      status: {from: state, values: {done: completed, void: cancelled}}
      paid_fen: {from: amount, combine: sum}
    identifiers:
      - {type: member_id, from: [member]}
      - {type: mobile, from: [mobile]}
  - table: order_line
    key: [order, sku]
    columns:
      order_id: order
      line_no: {number_within: [order]}
      product_id: sku
      qty: {value: 1}
      paid_fen: amount
"""

MEMBERS_SOURCE = """source: members
system: crm
format: csv
path: data/members.csv
ignore_columns: [remark]
feeds:
  - table: membership
    key: [member]
    columns:
      member_id: member
      joined_at: joined
      status: {value: active}
    identifiers:
      - {type: member_id, from: [member]}
      - {type: mobile, from: [mobile]}
"""

ORDERS = """order,paid at,state,member,mobile,sku,amount
o1,2026-01-05 10:00:00,done,m1,,s1,100.00
o2,2026-01-09 11:00:00,done,,13912345678,s2,50.00
o3,2026-01-20 12:00:00,done,m2,,s1,80.00
o4,2026-02-03 10:00:00,done,m1,,s1,60.00
o4,2026-02-03 10:00:00,done,m1,,s2,40.00
o5,2026-02-11 18:30:00,done,m3,,s3,20.00
o6,2026-02-12 18:30:00,void,m2,,s3,500.00
o9,2026-02-14 09:00:00,done,,1391234567,s1,30.00
"""

MEMBERS = """member,mobile,joined,remark
m1,13912345678,2025-12-01 09:00:00,likes tea
m2,13800138111,2025-12-02 09:00:00,
m3,,2025-12-03 09:00:00,
"""


def make_shop(root: Path) -> Path:
    """Write the workspace into a folder and return it."""
    texts = {
        "quanyu.yaml": SETTINGS,
        "sources/orders.yaml": ORDERS_SOURCE,
        "sources/members.yaml": MEMBERS_SOURCE,
        "data/orders.csv": ORDERS,
        "data/members.csv": MEMBERS,
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


NOW = "2026-03-01T00:00:00+00:00"


def quanyu(*arguments: object) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(main.app, [str(argument) for argument in arguments])


def told(*arguments: object) -> Any:
    """Run a command with --json, which must succeed, and return what it said."""
    result = quanyu(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def problems(*arguments: object, code: int = 2) -> list[str]:
    """Run a command with --json, which must fail with the exit code, and return the codes of its problems."""
    result = quanyu(*arguments, "--json")
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return [problem["code"] for problem in json.loads(result.stdout)["problems"]]


@contextmanager
def built_shop(root: Path) -> Iterator[Path]:
    """Give a shop on which `quanyu run` was done; the clock stands still inside."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUANYU_NOW", NOW)
        make_shop(root)
        result = quanyu("run", "--quiet", "--workspace", root)
        assert result.exit_code == 0, result.output
        yield root


def module(*arguments: object) -> list[str]:
    """Return the command of another process that runs quanyu; give it `ENVIRONMENT`."""
    return [sys.executable, "-m", "quanyu", *map(str, arguments)]


# The package under test, installed or not.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(main.__file__).parents[2]), "QUANYU_NOW": NOW}
