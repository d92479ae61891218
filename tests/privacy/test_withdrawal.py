"""Who withdraws is in no audience from that moment on, without a build (PIPL 15: effective at once)."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from quanyu.cli.options import find_workspace
from quanyu.errors import UserError
from quanyu.ids import PersonId, format_person_id
from quanyu.segments import Ground, persons_tree
from quanyu.segments.rule import consented
from quanyu.services.build import attach_build
from quanyu.services.exports import Exported, Place, Request, everybody, export_persons
from quanyu.services.identity import find_asked
from quanyu.services.privacy_consent import say_consent
from quanyu.services.project import Project, open_operations, open_project, open_warehouse


@pytest.fixture
def project(asked: Path) -> Project:
    return open_project(find_workspace(asked))


def sent(project: Project, path: Path, purpose: str = "marketing_sms") -> tuple[set[str], Exported]:
    with open_operations(project.workspace) as store, open_warehouse(project.workspace, read_only=True) as engine:
        place = Place(project, store, engine, attach_build(store, engine), "test")
        done = export_persons(place, everybody(), Request(path, (), purpose, overwrite=True))
    return set(pq.read_table(path)["person_id"].to_pylist()), done


def said(project: Project, who: str, purpose: str, *, granted: bool) -> str:
    with open_operations(project.workspace) as store:
        found = find_asked(project, store, who, "test").identifier_id
        say_consent(store, found, [purpose], "test", "a letter", granted=granted)
    with open_operations(project.workspace) as store, open_warehouse(project.workspace, read_only=True) as engine:
        attach_build(store, engine)
        rows = engine.rows_of("identifier_person").to_pylist()
    return format_person_id(PersonId(next(row["person_id"] for row in rows if row["identifier_id"] == found)))


def test_a_withdrawal_stops_the_very_next_export_and_says_why(project: Project, tmp_path: Path):
    before, _ = sent(project, tmp_path / "a.parquet")
    person = said(project, "member_id:m1", "marketing_sms", granted=False)
    assert person in before
    after, done = sent(project, tmp_path / "b.parquet")
    assert after == before - {person}
    assert done.left_out["withdrawn"] == 1


def test_a_withdrawal_is_of_its_purpose_and_a_later_yes_lifts_it(project: Project, tmp_path: Path):
    before, _ = sent(project, tmp_path / "a.parquet", "ads_matching")
    person = said(project, "mobile:13912345678", "marketing_sms", granted=False)
    assert sent(project, tmp_path / "b.parquet", "ads_matching")[0] == before
    assert person not in sent(project, tmp_path / "c.parquet")[0]


def test_previews_and_gates_ask_the_same_words(project: Project):
    said(project, "member_id:m1", "marketing_sms", granted=False)
    with open_operations(project.workspace) as store, open_warehouse(project.workspace, read_only=True) as engine:
        build = attach_build(store, engine)
        ground = Ground(engine, build.as_of, build.zone)
        with_words = ground.count(persons_tree([consented(ground, "marketing_sms")]))
        del engine.catalog["consent_said_since"]
        assert ground.count(persons_tree([consented(ground, "marketing_sms")])) == with_words + 1


def test_an_unknown_purpose_is_refused(project: Project):
    with open_operations(project.workspace) as store, pytest.raises(UserError) as refused:
        say_consent(store, 1, ["marketing"], "test", "", granted=False)
    assert [problem.code for problem in refused.value.problems] == ["privacy.purpose"]
