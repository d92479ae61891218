from datetime import UTC, date, datetime

import pytest

from quanyu.errors import InternalError
from quanyu.store import BuildStatus, BuildStep, NewBuild, Store

NEW = NewBuild("duckdb", date(2025, 11, 11), 7, "Asia/Shanghai", "CNY", "p1", {"net_sales": "ff"})
STEP = BuildStep("order_fact", 1, 10, 0.25, "aa", "SELECT 1", datetime(2025, 11, 11, tzinfo=UTC))


def test_the_newest_published_build_is_served_until_it_is_dropped(store: Store):
    with store.transaction() as work:
        assert work.builds.published() is None
        first, second, third = (work.builds.begin(NEW) for _ in range(3))
        work.builds.publish(first.build_id, {})
        work.builds.publish(second.build_id, {"facts": 1.5})
        work.builds.fail(third.build_id, "disk full")
        served = work.builds.published()
        assert served is not None
        assert (served.schema_name, served.timings) == ("b000002", {"facts": 1.5})
        work.builds.mark_dropped(second.build_id)
        assert work.builds.published() == work.builds.get(first.build_id)


def test_a_build_says_what_decides_its_result(store: Store):
    with store.transaction() as work:
        begun = work.builds.begin(NEW)
    values = (begun.engine, begun.as_of, begun.watermark, begun.zone, begun.currency, begun.parameter_version)
    assert values == ("duckdb", date(2025, 11, 11), 7, "Asia/Shanghai", "CNY", "p1")
    assert begun.definition_hashes == {"net_sales": "ff"}
    assert begun.finished_at is None


def test_what_a_dead_run_left_running_is_abandoned_and_told(store: Store, build_id: int):
    with store.transaction() as work:
        assert [left.build_id for left in work.builds.abandon_running()] == [build_id]
        assert work.builds.abandon_running() == []
        assert [left.status for left in work.builds.find()] == [BuildStatus.ABANDONED]


@pytest.mark.parametrize("end", ["publish", "fail"])
def test_a_build_ends_once(store: Store, build_id: int, end: str):
    with store.transaction() as work:
        work.builds.fail(build_id, "first")
    with pytest.raises(InternalError, match="not running"), store.transaction() as work:
        work.builds.publish(build_id, {}) if end == "publish" else work.builds.fail(build_id, "second")


def test_a_running_build_cannot_be_dropped(store: Store, build_id: int):
    with pytest.raises(InternalError), store.transaction() as work:
        work.builds.mark_dropped(build_id)


def test_steps_come_back_in_the_order_they_ran(store: Store, build_id: int):
    later = BuildStep("b_fact", 2, 3, 0.5, "bb", "SELECT 2", STEP.finished_at)
    with store.transaction() as work:
        work.builds.add_steps(build_id, [later, STEP])
        work.builds.add_steps(build_id, [])
    with store.reading() as work:
        assert work.builds.steps(build_id) == [STEP, later]


def test_a_table_is_built_once_per_build(store: Store, build_id: int):
    with pytest.raises(InternalError), store.transaction() as work:
        work.builds.add_steps(build_id, [STEP, STEP])
