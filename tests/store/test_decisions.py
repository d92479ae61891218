import pytest
from sqlalchemy import delete, update

from quanyu.errors import InternalError, UserError
from quanyu.store import DecisionKind, Store
from quanyu.store.schema import identity_decision


def test_decisions_stand_in_order_until_they_are_undone(store: Store):
    with store.transaction() as work:
        merge = work.decisions.add(DecisionKind.MERGE, [2**59, 7], "li", "same card")
        unlink = work.decisions.add(DecisionKind.UNLINK, [9], "li", "shared till")
        work.decisions.undo(merge, "wang")
        assert [decision.decision_id for decision in work.decisions.standing()] == [unlink]
        undone = work.decisions.history()[0]
    assert (undone.kind, undone.identifiers, undone.undone_by) == (DecisionKind.MERGE, (2**59, 7), "wang")


@pytest.mark.parametrize("number", [1, 99])
def test_a_decision_is_undone_once(store: Store, number: int):
    with store.transaction() as work:
        work.decisions.undo(work.decisions.add(DecisionKind.MERGE, [1, 2], "li", ""), "li")
    with pytest.raises(UserError) as refused, store.transaction() as work:
        work.decisions.undo(number, "li")
    assert refused.value.code == "identity.not_undoable"


@pytest.mark.parametrize("kind", [DecisionKind.MERGE, DecisionKind.UNMERGE, DecisionKind.REJECT])
def test_a_decision_about_one_identifier_decides_nothing(store: Store, kind: DecisionKind):
    with pytest.raises(InternalError), store.transaction() as work:
        work.decisions.add(kind, [4, 4], "li", "")


@pytest.mark.parametrize(
    "statement",
    [
        update(identity_decision).values(reason="another"),
        update(identity_decision).values(undone_at=None, undone_by=None),
        delete(identity_decision),
    ],
    ids=["rewrite", "restore", "delete"],
)
def test_history_cannot_be_rewritten_even_by_sql(store: Store, statement):
    with store.transaction() as work:
        work.decisions.undo(work.decisions.add(DecisionKind.MERGE, [1, 2], "li", "why"), "li")
    with pytest.raises(InternalError, match="identity_decision"), store.transaction() as work:
        work.connection.execute(statement)


def test_an_unmerge_keeps_what_was_known_before_the_merge_and_a_deletion_is_a_decision(store: Store):
    with store.transaction() as work:
        work.decisions.add(DecisionKind.UNMERGE, [1, 2], "li", "two sisters", known_seq=12)
        work.decisions.add(DecisionKind.FORGET, [3], "li", "asked to be deleted")
        unmerge, forget = work.decisions.standing()
    assert (unmerge.known_seq, forget.known_seq, forget.kind) == (12, None, DecisionKind.FORGET)


def test_a_merge_keeps_which_persons_it_joined(store: Store):
    with store.transaction() as work:
        work.decisions.add(DecisionKind.MERGE, [1, 2], "li", "same card", known_seq=12)
        assert [one.known_seq for one in work.decisions.standing()] == [12]


def test_only_merges_and_unmerges_speak_of_a_partition(store: Store):
    with pytest.raises(InternalError, match="known_seq"), store.transaction() as work:
        work.decisions.add(DecisionKind.REJECT, [1, 2], "li", "", known_seq=12)
