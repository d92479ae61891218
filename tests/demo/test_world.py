"""The invented brand itself: the same for ever, whole at every size, judged by an oracle that knows the examples."""

import hashlib
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.grading import figures, rows
from quanyu.demo.brand import days, oracle
from quanyu.demo.brand.flavours import FLAVOURS
from quanyu.demo.brand.make import make_brand
from quanyu.demo.brand.persons import World, make_people
from quanyu.demo.brand.trade import make_orders
from quanyu.demo.brand.workspace import BrandWish
from quanyu.demo.samples import make_sample_workspace
from quanyu.errors import UserError
from quanyu.services.project import open_project

# Of 1,000 persons, seed 7: another value means that the same seed no longer makes the same brand.
CHECKSUMS = {
    "beauty": "e88594c2abf9c632f33fddb496526446f466c212bf0c1358f17e78255ac8faf5",
    "apparel": "e4f447d3a887b3b3840f6dec18038f8f2000c29f8994649bec26cdae0647e4d4",
    "grocery": "dcc338aae3f4398923ea05c516e4ba26b45e5b9db61b84d3b83af1c04dea4e78",
}


def make(root: Path, flavour: str = "beauty", persons: int = 1_000, *, problems: bool = True, seed: int = 7) -> Path:
    make_brand(World(seed, persons, FLAVOURS[flavour], problems), root)
    return root


def checksum(root: Path) -> str:
    """Of every export file and the figures; the bytes of Parquet may change with its library."""
    digest = hashlib.sha256()
    for path in sorted([*root.glob("exports/*/*"), root / "truth" / "truth.yaml"]):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@pytest.mark.parametrize("flavour", sorted(FLAVOURS))
def test_a_seed_makes_the_same_brand_for_ever(tmp_path: Path, flavour: str) -> None:
    assert checksum(make(tmp_path / "one", flavour)) == CHECKSUMS[flavour]
    assert checksum(make(tmp_path / "other", flavour, seed=8)) != CHECKSUMS[flavour]


@pytest.mark.parametrize("flavour", sorted(FLAVOURS))
def test_every_flavour_is_a_sound_workspace(tmp_path: Path, flavour: str) -> None:
    root = make_sample_workspace("brand", tmp_path, wish=BrandWish(1_000, flavour=flavour))
    project = open_project(root)
    assert project.workspace.industry == FLAVOURS[flavour].industry
    folders = {path.name for path in (root / "exports").iterdir()}
    assert {source.id for source in project.sources} == folders
    assert figures(root)["brand"] == {"seed": 7, "persons": 1_000, "flavour": flavour}
    kept = checksum(root)
    make_sample_workspace("brand", root, wish=BrandWish(2_000))
    assert checksum(root) == kept


def test_what_cannot_be_invented_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        make_sample_workspace("brand", tmp_path / "new", wish=BrandWish(5, flavour="beuty"))
    assert [problem.code for problem in caught.value.problems] == ["demo.flavour", "demo.persons"]
    assert not (tmp_path / "new").exists()


def columns(thing: Any) -> dict[str, Any]:
    return {field.name: getattr(thing, field.name) for field in fields(thing)}


def test_a_larger_brand_has_the_persons_of_a_smaller_one() -> None:
    small, large = (World(7, persons, FLAVOURS["beauty"], True) for persons in (1_000, 30_000))
    first, among = make_people(small, 0, 1_000), make_people(large, 0, 3_000)
    for name, values in columns(first).items():
        assert np.array_equal(values, columns(among)[name][:1_000]), name
    orders, _ = make_orders(small, first)
    others, _ = make_orders(large, among)
    for name, values in columns(orders).items():
        assert np.array_equal(values, columns(others)[name][: len(orders)]), name


def test_no_two_persons_share_an_account_unless_the_truth_says_so(tmp_path: Path) -> None:
    found: dict[tuple[str, str, str], set[int]] = {}
    ring = {row["person"] for row in rows(make(tmp_path, persons=3_000), "person") if row["ring"] is not None}
    for row in rows(tmp_path, "identifier"):
        if row["is_own"] and not (row["type"] == "device" and row["person"] in ring):
            found.setdefault((row["type"], row["namespace"], row["value"]), set()).add(row["person"])
    assert {key: persons for key, persons in found.items() if len(persons) > 1} == {}


def test_problems_change_nothing_before_the_last_month(tmp_path: Path) -> None:
    told = {row["order_id"]: row for row in rows(make(tmp_path / "ill"), "order")}
    sound = {row["order_id"]: row for row in rows(make(tmp_path / "well", problems=False), "order")}
    missing = [row for key, row in sound.items() if key not in told]
    assert not set(told) - set(sound)
    assert all(sound[key] == row for key, row in told.items() if row["local_date"] < date(2026, 10, 1))
    assert all(row["local_date"] >= date(2026, 10, 1) for row in missing)
    planted = figures(tmp_path / "ill")["problems"]
    lost = sum(planted[name]["orders_lost"] for name in ("leaking_touchpoint", "weak_group", "weak_store"))
    assert len(missing) == lost > 0
    assert figures(tmp_path / "well")["problems"] == {}
    assert not any(row["ring"] is not None for row in rows(tmp_path / "well", "person"))


def test_pieces_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rows(make(tmp_path / "whole"), "order")
    monkeypatch.setattr("quanyu.demo.brand.make.PERSONS_A_PIECE", 300)
    assert rows(make(tmp_path / "pieces"), "order") == whole


# The oracle against the worked examples of the domain: dates of E-01 and E-04 moved so that their D is the last day.
def day(text: str, end: str) -> int:
    return oracle.END - (date.fromisoformat(end) - date.fromisoformat(text)).days


def history(
    persons: list[dict[str, list[str]]], end: str = "2024-06-30", spread: tuple[tuple[int, str], ...] = ()
) -> oracle.History:
    acts = [(at, day(when, end), kind) for at, one in enumerate(persons) for kind, whens in one.items()
            if kind != "order" for when in whens]  # fmt: skip
    bought = [(at, day(when, end)) for at, one in enumerate(persons) for when in one.get("order", [])]
    nobody = np.zeros(len(persons), np.bool_)
    first = np.full(len(persons), oracle.NEVER)
    for at, when, _ in acts:
        first[at] = when if first[at] == oracle.NEVER else min(first[at], when)
    return oracle.History(
        persons=len(persons),
        acts=oracle.Acts(
            np.array([at for at, _, _ in acts], np.int64),
            np.array([when for _, when, _ in acts], np.int64),
            np.array([kind for _, _, kind in acts], "U20"),
        ),
        bought_at=np.array([at for at, _ in bought], np.int64),
        bought_day=np.array([when for _, when in bought], np.int64),
        member_order=np.ones(len(bought), np.bool_),
        spread_at=np.array([at for at, _ in spread], np.int64),
        spread_day=np.array([day(when, end) for _, when in spread], np.int64),
        in_capital=nobody,
        is_member=nobody,
        registered=first,
    )


def test_the_oracle_knows_e_01() -> None:
    persons = [
        {"ad_impression": ["2024-06-20"]},
        {"ad_impression": ["2024-06-20"], "product_view": ["2024-06-21"]},
        {"contact_added": ["2024-05-15"]},
        {"order": ["2024-01-10"]},
        {"order": ["2023-09-01", "2024-05-01"]},
        {"order": ["2023-05-01"], "ad_impression": ["2024-06-25"]},
        {"product_view": ["2024-06-15"]},
        {},
        {"order": ["2024-06-18", "2024-06-18"]},
    ]
    assert oracle.stage_5r(history(persons)).tolist() == [1, 2, 3, 4, 5, 1, 2, 0, 4]


def test_the_oracle_knows_e_04() -> None:
    persons = [
        {"ad_impression": ["2024-06-20"]},
        {"product_view": ["2024-06-16"]},
        {"product_view": ["2024-06-15"]},
        {"order": ["2022-01-05"]},
        {"order": ["2023-08-01", "2023-08-01"]},
        {"order": ["2023-08-01", "2024-02-01"]},
        {"order": ["2024-01-01"]},
    ]
    assert oracle.stage_aipl(history(persons, spread=((6, "2024-01-10"),))).tolist() == [1, 2, 0, 3, 3, 4, 4]


def test_the_oracle_knows_e_23() -> None:
    persons = [
        {"member_joined": ["2024-06-10"], "page_view": ["2024-06-20"]},
        {"order": ["2024-06-01"]},
        {"order": ["2024-04-01", "2024-05-15"]},
        {"order": ["2024-01-25", "2024-02-25", "2024-03-25", "2024-04-25", "2024-06-25"]},
        {"order": ["2023-12-01", "2024-01-01", "2024-02-01", "2024-03-01", "2024-04-10"]},
        {"order": ["2023-10-15", "2023-12-01", "2024-01-15"]},
        {"member_joined": ["2023-01-15"], "page_view": ["2023-03-15"]},
        {"order": ["2023-12-01", "2024-06-28"]},
    ]
    since, bought = oracle.silence(history(persons))
    assert oracle.lifecycle(since, bought, (60, 120), "beauty").tolist() == [1, 1, 2, 3, 4, 5, 5, 2]
    every_gap = np.bincount(np.repeat(np.arange(10, 101, 10), 50), minlength=2_000)
    assert oracle.thresholds(every_gap, "beauty") == (80, 100)


def test_festivals_and_weekends_are_busy() -> None:
    world = World(7, 20_000, FLAVOURS["beauty"], False)
    orders, _ = make_orders(world, make_people(world, 0, 20_000))
    count = np.bincount(orders.day, minlength=days.DAYS)

    def a_day(first: str, last: str) -> float:
        return float(
            count[days.day_number(date.fromisoformat(first)) : days.day_number(date.fromisoformat(last)) + 1].mean()
        )

    assert a_day("2025-11-01", "2025-11-11") > 1.5 * a_day("2025-09-01", "2025-09-30")
    assert a_day("2026-06-16", "2026-06-18") > 1.5 * a_day("2026-04-01", "2026-04-30")
    assert a_day("2026-02-15", "2026-02-24") < 0.7 * a_day("2026-03-10", "2026-03-30")
