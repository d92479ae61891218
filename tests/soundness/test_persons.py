"""Integrity rules of persons and stages: merges keep money and days, stages count everybody once, flows balance."""

import datetime as dt
import itertools
from collections import Counter, defaultdict
from fractions import Fraction
from typing import Any

import pytest

from cases.build import build, rows_of
from quanyu.engine import Engine
from quanyu.tables.stages import HISTORY_DATES
from soundness.world import AS_OF, SNAPSHOTS, make_world

Rows = list[dict[str, Any]]
PARAMETERS = {"life_min_gaps": 20}


# Every week of half a year: as many snapshots as the history of stages has columns for.
WEEKS = [AS_OF - dt.timedelta(days=7 * number) for number in range(HISTORY_DATES)][::-1]


@pytest.fixture(scope="module", params=[(1, SNAPSHOTS), (2, WEEKS)], ids=lambda param: f"seed {param[0]}")
def engine(request: pytest.FixtureRequest) -> Engine:
    """Give the engine with stages, flows and nine indicators of a world."""
    seed, snapshots = request.param
    given = make_world(seed)
    return build(given, ["flow", "stage_snapshot", "nine_indicator", "sales_period"], PARAMETERS, snapshots=snapshots)


def _dates(engine: Engine) -> list[dt.date]:
    return sorted(row["date"] for row in rows_of(engine, "snapshot_date"))


def test_stages_of_every_model_count_each_person_known_at_the_date_once(engine: Engine) -> None:
    people = rows_of(engine, "person_fact")
    seen = [row["first_seen_date"] or AS_OF for row in people]
    bare = {row["person_id"] for row in rows_of(engine, "person") if row["state"] == "anonymous"}
    # A device of which nothing else is known has a life cycle only when it bought.
    related = [row["first_seen_date"] or AS_OF for row in people
               if row["person_id"] not in bare or row["first_purchase_date"]]  # fmt: skip
    buyers = rows_of(engine, "rfm_measure")
    labels = Counter((row["model"], row["date"]) for row in rows_of(engine, "stage_snapshot"))
    for date in _dates(engine):
        known = sum(day <= date for day in seen)
        assert labels["value_tier", date] == known
        assert labels["lifecycle", date] == sum(day <= date for day in related)
        assert labels["rfm", date] == sum(row["date"] == date for row in buyers) < known


def test_rows_of_a_flow_sum_to_the_opening_stages_and_columns_to_the_closing(engine: Engine) -> None:
    stages = Counter((row["model"], row["date"], row["stage"]) for row in rows_of(engine, "stage_snapshot"))
    opening: Counter[Any] = Counter()
    closing: Counter[Any] = Counter()
    for row in rows_of(engine, "flow"):
        opening[row["model"], row["d0"], row["from_stage"]] += row["persons"]
        closing[row["model"], row["d1"], row["to_stage"]] += row["persons"]
        assert (row["from_stage"], row["to_stage"]) != ("none", "none")
    assert _inside(opening) == {key: n for key, n in stages.items() if key[1] != _dates(engine)[-1]}
    assert _inside(closing) == {key: n for key, n in stages.items() if key[1] != _dates(engine)[0]}


def _inside(counts: Counter[Any]) -> dict[Any, int]:
    return {key: number for key, number in counts.items() if key[2] != "none"}


def test_every_flow_is_what_its_persons_did(engine: Engine) -> None:
    stage = {(r["model"], r["date"], r["person_id"]): r["stage"] for r in rows_of(engine, "stage_snapshot")}
    moves: Counter[Any] = Counter()
    for d0, d1 in itertools.pairwise(_dates(engine)):
        for model, person in {(model, person) for model, date, person in stage if date in (d0, d1)}:
            moves[model, d0, d1, stage.get((model, d0, person), "none"), stage.get((model, d1, person), "none")] += 1
    names = ("model", "d0", "d1", "from_stage", "to_stage")
    assert {tuple(row[name] for name in names): row["persons"] for row in rows_of(engine, "flow")} == dict(moves)


def test_base_times_conversion_times_value_is_the_identified_net_sales_exactly(engine: Engine) -> None:
    sales = {
        (row["period_kind"], row["period_start_date"]): row["identified_net_fen"]
        for row in rows_of(engine, "sales_period")
    }
    product: dict[Any, Fraction] = defaultdict(Fraction)
    rows = rows_of(engine, "nine_indicator")
    assert any(row["base"] for row in rows if row["segment"] == "dormant")
    for row in rows:
        if row["buyers"]:
            conversion, value = Fraction(row["buyers"], row["base"]), Fraction(row["net_fen"], row["buyers"])
            product[row["period_kind"], row["period_start_date"]] += row["base"] * conversion * value
            assert row["conversion_rate"] == row["buyers"] / row["base"]
            assert abs(row["per_buyer_fen"] - value) <= Fraction(1, 2)
    assert {key: total for key, total in product.items() if total} == {
        key: total for key, total in sales.items() if key in product and total
    }
    assert {key for key, total in sales.items() if total and key[0] in ("month", "quarter", "year")} == set(product)


def test_nine_indicators_are_what_a_loop_over_people_gives(engine: Engine) -> None:
    days: dict[int, list[dt.date]] = defaultdict(list)
    for day in rows_of(engine, "purchase_day_fact"):
        days[day["person_id"]].append(day["local_date"])
    visits = [(row["person_id"], row["visitor_key"], row["local_date"]) for row in rows_of(engine, "visit_fact")]
    for row in rows_of(engine, "nine_indicator"):
        start, end, limit = row["period_start_date"], row["period_end_date"], row["dormant_days"]

        def segment(person: int | None, start: dt.date = start, limit: int = limit) -> str:
            last = max((day for day in days.get(person or 0, []) if day < start), default=None)
            if last is None:
                return "new"
            return "old" if (start - last).days <= limit else "dormant"

        inside = [(p, key) for p, key, day in visits if start <= day < end]
        buyers = {p for p, held in days.items() if any(start <= day < end for day in held)}
        present = {("p", p) for p in buyers} | {("p", p) if p else ("v", key) for p, key in inside if p or key}
        mine = [person for person in buyers if segment(person) == row["segment"]]
        assert row["buyers"] == len(mine)
        if row["segment"] == "dormant":
            assert row["base"] == sum(segment(person) == "dormant" for person in days)
        elif inside:
            assert row["base"] == sum(segment(w if kind == "p" else None) == row["segment"] for kind, w in present)
        else:
            assert row["base"] is None


def test_a_merge_changes_neither_net_sales_nor_any_day_of_purchase() -> None:
    given = make_world(5, with_receipts=True)
    apart = [{**row, "person_id": row["identifier_id"]} for row in given["identifier_person"]]
    merged = [{**row, "person_id": (row["identifier_id"] + 12) // 13} for row in apart]
    engines = [build({**given, "identifier_person": links}, ["sales_period"]) for links in (apart, merged)]
    before, after = (rows_of(engine, "purchase_day_fact") for engine in engines)
    sums = [sum(row["net_fen"] for row in rows_of(engine, "order_fact") if row["is_valid"]) for engine in engines]
    assert sums[0] == sums[1]
    assert sum(row["net_fen"] for row in before) == sum(row["net_fen"] for row in after)
    assert len(before) > len(after) > 0, "nobody bought on one day with two identifiers: the case shows nothing"
    assert {((row["person_id"] + 12) // 13, row["local_date"]) for row in before} == {
        (row["person_id"], row["local_date"]) for row in after
    }
    for kind in ("day", "month"):
        sales = [[row for row in rows_of(engine, "sales_period") if row["period_kind"] == kind] for engine in engines]
        apart_net, merged_net = ({row["period_start_date"]: row["net_fen"] for row in rows} for rows in sales)
        assert apart_net == merged_net


def test_dormancy_is_the_nearest_rank_of_the_gaps_that_a_sort_gives(engine: Engine) -> None:
    days = rows_of(engine, "purchase_day_fact")
    cuts = rows_of(engine, "lifecycle_cut")
    assert {cut["source"] for cut in cuts} == {"measured"}
    for cut in cuts:
        first = cut["date"] - dt.timedelta(days=729)
        gaps = sorted(day["gap_days"] for day in days if day["gap_days"] and first <= day["local_date"] <= cut["date"])
        rank = {pct: gaps[-(-pct * len(gaps) // 100) - 1] for pct in (80, 95)}
        assert (cut["gaps"], cut["q_dormant_days"], cut["q_lost_days"]) == (len(gaps), rank[80], rank[95])


def test_life_cycle_stages_are_what_a_loop_over_people_gives(engine: Engine) -> None:
    days: dict[int, list[dt.date]] = defaultdict(list)
    for day in rows_of(engine, "purchase_day_fact"):
        days[day["person_id"]].append(day["local_date"])
    cuts = {cut["date"]: cut for cut in rows_of(engine, "lifecycle_cut")}
    dates = sorted(cuts)
    rows = {(row["date"], row["person_id"]): row for row in rows_of(engine, "lifecycle")}
    assert Counter(row["stage"] for row in rows.values()).keys() == {"intro", "growth", "mature", "dormant", "lost"}
    assert any(row["reactivated"] for row in rows.values())
    for (date, person), row in rows.items():
        cut = cuts[date]
        known = [day for day in days.get(person, []) if day <= date]
        recent = [day for day in known if day > date - dt.timedelta(days=365)]
        number, since = len(recent or known), row["recency_days"]
        if known:
            assert since == (date - max(known)).days
        stage = "mature" if number >= cut["mature_days"] else "growth" if number >= 2 else "intro"
        if since is not None and since > cut["q_dormant_days"]:
            stage = "lost" if since > cut["q_lost_days"] else "dormant"
        assert row["stage"] == stage
        before = [d for d in dates if d < date]
        was = rows.get((before[-1], person), {}).get("stage") if before else None
        assert row["reactivated"] == (was in ("dormant", "lost") and bool(known) and max(known) > before[-1])
