"""What is planted is found: each problem among the first five findings of its scenario; the months before are quiet.

Until October the brand with problems is the brand without any (test_world), so a diagnosis of September is one of a
retailer without problems, out of the same build.  Only what the four scenarios need is read and built.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

import pytest

from demo.grading import figures
from quanyu.clock import Period
from quanyu.definitions.playbook import PlaybookShape
from quanyu.demo.brand.workspace import BrandWish
from quanyu.demo.samples import make_sample_workspace
from quanyu.diagnosis import Outcome
from quanyu.engine import Step
from quanyu.metrics import Metrics
from quanyu.services import build as building
from quanyu.services.build import BuildRequest, attach_build
from quanyu.services.diagnosis import ask, open_playbooks
from quanyu.services.metrics import metric_context, open_metrics
from quanyu.services.project import Project, open_operations, open_project, open_warehouse
from quanyu.services.run import Part, RunRequest, run

PERSONS: Final = 10_000
SCENARIOS: Final = ("pb_01", "pb_02", "pb_04", "pb_10")
OCTOBER: Final = Period(date(2026, 10, 1), date(2026, 11, 1))
SEPTEMBER: Final = Period(date(2026, 9, 1), date(2026, 10, 1))
LOOKED_UP: Final = ("stage_snapshot", "person_dim", "channel_dim", "order_fact", "visit_fact", "purchase_day_fact")
NOT_READ: Final = (
    "ad_exposures", "ad_costs", "messages", "live_lines", "mini_lines", "tmall_lines", "mini_reviews", "tmall_reviews",
    "surveys", "service_bookings", "service_cases", "item_codes", "item_scans", "store_traffic", "wecom_chats",
    "wecom_group_acts", "member_acts", "live_views", "consents", "live_fans", "shop_fans", "account_followers",
)  # fmt: skip
MOST_FALSE: Final = 1


def needed(project: Project, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps that make what the scenarios watch."""
    metrics = open_metrics(project)
    playbooks = open_playbooks(project, metrics)
    wanted = list(LOOKED_UP)
    for key in SCENARIOS:
        wanted += sources(metrics, playbooks[key].value)
    by_name = {step.name: step for step in steps}
    found: dict[str, Step] = {}
    while wanted:
        step = by_name.get(wanted.pop())
        if step is not None and step.name not in found:
            found[step.name] = step
            wanted += step.reads
    return tuple(found.values())


def sources(metrics: Metrics, playbook: PlaybookShape) -> list[str]:
    names = [watch.metric for watch in playbook.watch]
    names += [trigger.metric for trigger in playbook.triggers if trigger.metric is not None]
    found = [metrics.measure(part).source for name in names for part in metrics.parts(name)]
    # Flows between the stages of two years are the dearest part of a build; nothing is planted in them.
    return [name for name in found if not name.startswith("star_")]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    root = tmp_path_factory.mktemp("planted") / "brand"
    make_sample_workspace("brand", root, wish=BrandWish(PERSONS, flavour="grocery"))
    for name in NOT_READ:
        (root / "sources" / f"{name}.yaml").unlink()
    project = open_project(root)
    steps = needed(project, building.house_steps())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "house_steps", lambda: steps)
        patch.setattr(building, "diagnosis_tables", lambda *_: {})
        patch.setattr(building, "make_tags", lambda *_: [])
        run(project, RunRequest(BuildRequest(as_of=OCTOBER.last_day), frozenset({Part.INGEST, Part.BUILD})))
    yield project


def asked(project: Project, scenario: str, period: Period) -> Outcome:
    with open_operations(project.workspace) as store, open_warehouse(project.workspace, read_only=True) as engine:
        build = attach_build(store, engine)
        return ask(project, engine, metric_context(store, build), scenario=scenario, period=period)[1]


def leads(outcome: Outcome) -> list[tuple[str, dict[str, str | None]]]:
    """Metric and group of the findings that lead, the dearest first."""
    return [(one.judged.series.metric, dict(one.judged.series.group)) for one in outcome.findings if one.lead is None]


@pytest.mark.parametrize(
    ("scenario", "problem", "dimension", "named"),
    [
        ("pb_01", "fraud_rings", "channel", None),
        ("pb_02", "weak_group", "person_city", "city"),
        ("pb_04", "weak_store", "store", "store_id"),
        ("pb_10", "leaking_touchpoint", "touchpoint", "touchpoint_id"),
    ],
)
def test_a_planted_problem_is_among_the_first_five(
    planted: Project, scenario: str, problem: str, dimension: str, named: str | None
) -> None:
    told = figures(planted.workspace.root)["problems"][problem]
    value = "mini_program" if named is None else told[named]
    found = leads(asked(planted, scenario, OCTOBER))[:5]
    assert value in {group.get(dimension) for _, group in found}, found
    if problem == "fraud_rings":
        assert "channel_suspicious_share" in {metric for metric, _ in found}


def test_a_month_without_problems_is_quiet(planted: Project) -> None:
    found = [one for scenario in SCENARIOS for one in leads(asked(planted, scenario, SEPTEMBER))]
    assert len(found) <= MOST_FALSE, found
