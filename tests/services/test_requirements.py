"""The register is complete, and nothing in it is claimed without a proof that exists."""

from pathlib import Path

import pytest

from quanyu.services.requirements import (
    Requirement,
    check_requirements,
    load_requirements,
    score,
    score_table,
)

ROOT = Path(__file__).parents[2]
REGISTER = ROOT / "docs" / "requirements.yaml"
IDS = (Path(__file__).parent / "requirement_ids.txt").read_text(encoding="utf-8").split()
PROOF = "tests/services/test_requirements.py::test_the_register_keeps_its_promises"


def _requirement(
    name: str = "GEN-01", state: str = "planned", *, proof: tuple[str, ...] = (), reason: str = ""
) -> Requirement:
    return Requirement.model_validate(
        {
            "id": name,
            "group": name.split("-")[0],
            "title": {"zh": "全渠道", "en": "All channels"},
            "state": state,
            "issue": 2,
            "proof": proof,
            "reason": reason,
        }
    )


def _codes(*requirements: Requirement, expected: tuple[str, ...] = ("GEN-01",), root: Path = ROOT) -> list[str]:
    return [problem.code for problem in check_requirements(requirements, expected, root)]


def _register(tmp_path: Path, entry: str) -> list[str]:
    path = tmp_path / "requirements.yaml"
    path.write_text(f"requirements:\n  - {entry}\n", encoding="utf-8")
    return [problem.code for problem in load_requirements(path)[1]]


def test_the_register_keeps_its_promises() -> None:
    requirements, problems = load_requirements(REGISTER)
    assert [str(problem) for problem in problems] == []
    assert [str(problem) for problem in check_requirements(requirements, IDS, ROOT)] == []


def test_the_list_of_ids_is_the_whole_domain() -> None:
    assert (len(IDS), len(set(IDS))) == (338, 338)


def test_a_register_without_faults_is_accepted() -> None:
    assert _codes(_requirement(state="done", proof=(PROOF,))) == []
    assert _codes(_requirement(state="partly", proof=(PROOF,), reason="half")) == []
    assert _codes(_requirement(state="not_ours", reason="elsewhere")) == []


@pytest.mark.parametrize(
    ("requirement", "code"),
    [
        (_requirement(state="done"), "requirement.unproved"),
        (_requirement(state="partly", reason="half"), "requirement.unproved"),
        (_requirement(state="partly", proof=(PROOF,)), "requirement.no_reason"),
        (_requirement(state="not_ours", reason=" "), "requirement.no_reason"),
        (_requirement(state="planned", proof=(PROOF,)), "requirement.state"),
        (_requirement(state="done", proof=("tests/no_such_file.py",)), "requirement.proof_missing"),
        (_requirement(state="done", proof=("../outside.py",)), "requirement.proof_missing"),
        (_requirement(state="done", proof=(f"{PROOF}_not",)), "requirement.proof_missing"),
        (_requirement(state="done", proof=("docs/requirements.yaml::test_x",)), "requirement.proof_missing"),
    ],
)
def test_a_claim_that_does_not_hold_is_found(requirement: Requirement, code: str) -> None:
    assert _codes(requirement) == [code]


def test_a_proof_inside_a_class_and_a_parametrised_one_are_found(tmp_path: Path) -> None:
    text = "class TestX:\n    def test_a(self): ...\nasync def test_b(): ...\n"
    (tmp_path / "test_x.py").write_text(text, encoding="utf-8")
    good = ("test_x.py", "test_x.py::TestX::test_a", "test_x.py::test_b[case-1]")
    assert _codes(_requirement(state="done", proof=good), root=tmp_path) == []
    # A method is not found under the name of the module alone: pytest would not find it either.
    assert _codes(_requirement(state="done", proof=("test_x.py::test_a",)), root=tmp_path) == [
        "requirement.proof_missing"
    ]


def test_missing_unknown_and_repeated_ids_are_found() -> None:
    twice = (_requirement("GEN-01"), _requirement("GEN-01"), _requirement("GEN-99"))
    assert sorted(_codes(*twice, expected=("GEN-01", "GEN-02"))) == [
        "requirement.missing",
        "requirement.twice",
        "requirement.unknown",
    ]


GOOD = "{id: GEN-01, group: GEN, title: {zh: 全渠道, en: All}, state: planned, issue: 2}"


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (GOOD.replace("planned", "finished"), "config.value"),
        (GOOD.replace("issue: 2", "issue: soon"), "config.type"),
        (GOOD.replace("issue: 2", "prof: [x]"), "config.unknown_key"),
        (GOOD.replace(", state: planned", ""), "config.required"),
        (GOOD.replace("group: GEN", "group: STR"), "requirement.group"),
        (GOOD.replace("issue: 2", "issue: 2, metrics: [M-1]"), "requirement.metric"),
        (GOOD.replace("全渠道", "everything"), "requirement.title"),
    ],
)
def test_a_malformed_entry_is_refused(tmp_path: Path, entry: str, code: str) -> None:
    assert code in _register(tmp_path, entry)


def test_a_well_formed_entry_and_a_missing_file(tmp_path: Path) -> None:
    assert _register(tmp_path, GOOD) == []
    assert [problem.code for problem in load_requirements(tmp_path / "none.yaml")[1]] == ["config.missing_file"]


def test_the_score_counts_every_requirement_once() -> None:
    requirements = [
        _requirement("GEN-01", "done", proof=(PROOF,)),
        _requirement("GEN-02"),
        _requirement("STR-01", "not_ours", reason="elsewhere"),
    ]
    scores = score(requirements)
    assert [(line.group, line.done, line.planned, line.not_ours, line.total) for line in scores] == [
        ("GEN", 1, 1, 0, 2),
        ("STR", 0, 0, 1, 1),
    ]
    assert score_table(scores).splitlines() == [
        "group  done  partly  planned  not_ours  total",
        "---------------------------------------------",
        "GEN       1       0        1         0      2",
        "STR       0       0        0         1      1",
        "---------------------------------------------",
        "total     1       0        1         1      3",
    ]
