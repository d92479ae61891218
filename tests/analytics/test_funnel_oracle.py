"""Funnels against every sequence of acts that there is, over small random logs; the rows a workspace's YAML becomes."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.build import build, rows_of
from quanyu.definitions import load_parameters, load_workspace
from quanyu.errors import UserError
from quanyu.services.growth_rules import growth_rule_rows

FIRST = dt.datetime(2024, 4, 28)
AS_OF = dt.date(2024, 6, 30)
TYPES = ("product_view", "cart_added", "checkout")
FUNNEL = st.tuples(st.lists(st.sampled_from(TYPES), min_size=2, max_size=5), st.integers(1, 8))
# Few actors, days and hours: most acts meet others of their person, day and moment.
ACT = st.tuples(st.integers(0, 3), st.sampled_from(TYPES), st.integers(0, 20), st.integers(0, 3))

Act = tuple[int, str, int, int]
Funnel = tuple[list[str], int]


def _steps(funnels: list[Funnel]) -> list[dict[str, Any]]:
    return [
        {
            "funnel": f"f{at}",
            "step_no": number,
            "way_no": 1,
            "type": kind,
            "is_strict": kind in kinds[: number - 1],
            "window_days": window,
        }
        for at, (kinds, window) in enumerate(funnels)
        for number, kind in enumerate(kinds, start=1)
    ]


def _events(acts: list[Act]) -> list[dict[str, Any]]:
    moments = [FIRST + dt.timedelta(days=day, hours=hour) for _, _, day, hour in acts]
    return [
        {
            "event_id": f"e{number}",
            # Of four actors one is a visitor whom nobody knows.
            **({"identifier_id": actor} if actor else {"visitor_key": "v"}),
            "type": kind,
            "occurred_at": moment,
            "local_date": moment.date(),
        }
        for number, ((actor, kind, _, _), moment) in enumerate(zip(acts, moments, strict=True))
    ]


def _sequences(acts: list[Act], funnel: Funnel, taken: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Every way of taking steps in order, each from other acts, later ones, inside the window."""
    kinds, window = funnel
    yield taken
    if len(taken) == len(kinds):
        return
    kind = kinds[len(taken)]
    is_strict = kind in kinds[: len(taken)]
    for number, (actor, given_kind, day, hour) in enumerate(acts):
        if given_kind != kind or number in taken:
            continue
        if taken:
            first, last = acts[taken[0]], acts[taken[-1]]
            follows = (day, hour) > last[2:] or ((day, hour) == last[2:] and not is_strict)
            if actor != first[0] or not follows or day > first[2] + window:
                continue
        yield from _sequences(acts, funnel, (*taken, number))


def _expected(acts: list[Act], funnel: Funnel) -> Counter[tuple[dt.date, int]]:
    reached = {
        ((FIRST + dt.timedelta(days=acts[taken[0]][2])).date().replace(day=1), step, acts[taken[0]][0])
        for taken in _sequences(acts, funnel, ())
        for step in range(1, len(taken) + 1)
    }
    return Counter((month, step) for month, step, _ in reached)


@settings(max_examples=12, deadline=None)
@given(st.lists(FUNNEL, min_size=4, max_size=8), st.lists(ACT, min_size=1, max_size=14))
def test_persons_at_each_step_equal_every_sequence_tried(funnels: list[Funnel], acts: list[Act]) -> None:
    orders = [{"order_id": "first", "local_date": FIRST.date(), "status": "cancelled"}]
    engine = build(
        {"funnel_step": _steps(funnels), "event": _events(acts), "order": orders}, ["funnel_period"], {"as_of": AS_OF}
    )
    got = {
        (row["funnel"], row["period_start_date"], row["step_no"]): row["persons"]
        for row in rows_of(engine, "funnel_period")
        if row["period_kind"] == "month"
    }
    wanted = {
        (f"f{at}", month, step): persons
        for at, funnel in enumerate(funnels)
        for (month, step), persons in _expected(acts, funnel).items()
    }
    assert {key: persons for key, persons in got.items() if persons} == wanted


def _rows(tmp_path: Path, yaml: str, settings_text: str = "") -> dict[str, Any]:
    (tmp_path / "quanyu.yaml").write_text(f"brand: test\n{settings_text}", encoding="utf-8")
    folder = tmp_path / "library" / "funnels"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text(yaml, encoding="utf-8")
    workspace, problems = load_workspace(tmp_path)
    assert workspace is not None, problems
    parameters, problems = load_parameters(workspace)
    assert parameters is not None, problems
    return growth_rule_rows(workspace, parameters)


OWN = """
again:
  label: {zh: 再购, en: Again}
  window_days: 30
  goal: direct_sale
  steps:
    - {label: {zh: 公域, en: Public}, ways: [{quadrant: public_traffic, line: online}, {touchpoint: home}]}
    - {label: {zh: 首购, en: First}, ways: [{type: order_paid, line: offline}]}
    - {label: {zh: 再购, en: Second}, ways: [{type: order_paid}]}
"""


def test_a_workspace_adds_funnels_and_a_step_that_could_be_an_earlier_act_must_come_later(tmp_path: Path) -> None:
    tables = _rows(tmp_path, OWN)
    rows = [row for row in tables["funnel_step"].to_pylist() if row["funnel"] == "again"]
    assert [(row["step_no"], row["way_no"], row["is_strict"]) for row in rows] == [
        (1, 1, False),
        (1, 2, False),
        (2, 1, True),
        (3, 1, True),
    ]
    assert (rows[0]["domain"], rows[0]["role"], rows[0]["line"]) == ("public", "traffic", "online")
    assert {"shopping", "traffic_to_store"} < {row["funnel"] for row in tables["funnel_def"].to_pylist()}


def test_unknown_event_types_of_funnels_and_of_the_core_action_are_told_together(tmp_path: Path) -> None:
    settings_text = "parameters:\n  P.aarrr.core_action: order_payed\n"
    with pytest.raises(UserError) as caught:
        _rows(tmp_path, OWN.replace("type: order_paid}", "type: cart_add}"), settings_text)
    messages = [str(problem) for problem in caught.value.problems]
    assert len(messages) == 2
    assert "cart_added" in messages[0] and "own.yaml" in messages[0]
    assert "order_paid" in messages[1] and "quanyu.yaml" in messages[1]


def test_a_way_without_any_condition_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        _rows(tmp_path, OWN.replace("{touchpoint: home}", "{}"))
    assert [problem.code for problem in caught.value.problems] == ["config.required"]


def test_a_half_life_halves_and_six_places_add_up_alike_everywhere(tmp_path: Path) -> None:
    rows = _rows(tmp_path, OWN, "parameters:\n  P.preference.half_life: 30\n")["decay_weight"].to_pylist()
    weights = {row["age_days"]: str(row["weight"]) for row in rows}
    assert [weights[age] for age in (0, 30, 60, 90)] == ["1.000000", "0.500000", "0.250000", "0.125000"]
    assert len(rows) == 365
