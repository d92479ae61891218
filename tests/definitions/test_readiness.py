from quanyu.config import Workspace
from quanyu.definitions.readiness import load_readiness
from quanyu.tables.features import FEATURE_NEEDS

NEED = "says: {zh: 甲, en: a}\n  connect: {zh: 乙, en: b}"


def test_the_library_of_needs_is_sound_and_every_need_is_used(workspace: Workspace):
    readiness, problems = load_readiness(workspace)
    assert problems == []
    assert readiness is not None
    used = {name for model in readiness.models for name in (*model.value.needs, *model.value.richer)}
    assert used | set(FEATURE_NEEDS.values()) == set(readiness.needs.by_name)


def test_unknown_tables_columns_and_needs_are_told_at_once_with_the_nearest_name(workspace: Workspace, write):
    write("library/needs/own.yaml", f"mine:\n  {NEED}\n  any: [{{table: evnt}}, {{table: event, where: typ = 'x'}}]\n")
    write("library/readiness/own.yaml", "own:\n  label: {zh: 甲, en: a}\n  reference: M-05\n  needs: [ordrs]\n")
    readiness, problems = load_readiness(workspace)
    assert readiness is None
    told = {(problem.where.file, problem.where.line, problem.remedy) for problem in problems}
    assert ("library/readiness/own.yaml", 4, 'Did you mean "orders"?') in told
    assert ("library/needs/own.yaml", 4, 'Did you mean "event"?') in told
    assert len(problems) == 3
