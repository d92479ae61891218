"""E-03 (domain §2.0): snapshots older than a merge are compared after mapping both to today's persons."""

from datetime import date

from identity.world import RULES, World, table_of
from quanyu.identity.resolve import resolve_full

D0, D1 = date(2026, 1, 1), date(2026, 2, 1)
FLOW = """
WITH told AS (
  SELECT date, {person} AS person, max(stage) AS stage FROM b.stage_snapshot AS s
  JOIN main.identifier_person AS i ON i.identifier_id = s.person_id GROUP BY date, {person}
)
SELECT coalesce(x.stage, 'R0') AS from_stage, coalesce(y.stage, 'R0') AS to_stage, count(*) AS persons
FROM (SELECT * FROM told WHERE date = DATE '2026-01-01') AS x
FULL JOIN (SELECT * FROM told WHERE date = DATE '2026-02-01') AS y USING (person)
GROUP BY 1, 2 ORDER BY 1, 2
"""


def flow(engine, person: str) -> list[tuple[str, str, int]]:
    return [tuple(row.values()) for row in engine.answer(FLOW.format(person=person)).to_pylist()]


def test_e03_a_person_merged_between_two_snapshots_flows_once_from_the_highest_stage():
    world = World().see("p1").see("p2")
    engine = world.engine()
    resolve_full(engine, RULES, [], watermark=1)
    x, y = sorted(world.ids.values())
    world.next_batch().see("p1", "p2")
    world.land(engine)
    resolve_full(engine, RULES, [], watermark=2)
    shared = {"model": "5r", "scope": "all", "param_version": "1"}
    rows = [(D0, x, "R2"), (D0, y, "R4"), (D1, x, "R4")]
    engine.use_schema("b")
    told = [{**shared, "date": day, "person_id": person, "stage": stage} for day, person, stage in rows]
    engine.register("stage_snapshot", table_of("stage_snapshot", told))

    # A person's id is an identifier's, so identifier_person maps any id ever published to today's person.
    assert flow(engine, "i.person_id") == [("R4", "R4", 1)]
    assert flow(engine, "s.person_id") == [("R2", "R4", 1), ("R4", "R0", 1)]
