"""`quanyu identity …`: why identifiers are one person, and what people decided about them."""

from typing import Annotated, Any

import typer

from quanyu.cli.console import print_json, print_table, say
from quanyu.cli.opened import opened_build
from quanyu.cli.options import HERE, ActorOption, JsonOption, WorkspaceOption, actor_name, find_workspace
from quanyu.display import format_rate
from quanyu.errors import Problem, UserError
from quanyu.identity.explain import Explanation, Proof
from quanyu.ids import PersonId, format_person_id
from quanyu.services import identity as service
from quanyu.services.project import open_operations, open_project

identity = typer.Typer(no_args_is_help=True, help="Who is one person, why, and how to correct it.")

PersonArgument = Annotated[
    str, typer.Argument(help="A person or identifier by id (P…), or an identifier as type:value[@namespace].")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept with the decision.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(identity, name="identity")


@identity.command("explain")
def explain(
    person: Annotated[str | None, typer.Argument(help="A person or identifier by id, such as P0000014SC0PJ.")] = None,
    workspace: WorkspaceOption = HERE,
    *,
    identifier: Annotated[
        str | None, typer.Option(help="An identifier as type:value[@namespace]; the value is hashed, never kept.")
    ] = None,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Say why identifiers are one person: the chain of evidence to each, what was refused, what was decided."""
    wanted = identifier or person
    if wanted is None or (identifier and person):
        raise UserError(Problem("cli.arguments", "Name one person, or one --identifier.", "Give exactly one of them."))
    with opened_build(workspace) as here:
        asked = service.find_asked(here.project, here.store, wanted, actor_name(actor))
        told = service.explain_person(here.store, here.engine, asked, here.build)
    if as_json:
        print_json(_explanation_json(told))
        return
    _say_explanation(told)


@identity.command("merge")
def merge(
    first: PersonArgument,
    second: PersonArgument,
    workspace: WorkspaceOption = HERE,
    *,
    reason: ReasonOption,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Decide that two persons are one, from the next run on."""
    who = actor_name(actor)
    with opened_build(workspace) as here:
        sides = (
            service.find_asked(here.project, here.store, first, who),
            service.find_asked(here.project, here.store, second, who),
        )
        decision_id = service.merge(here.store, here.engine, here.build, sides, reason)
    _say_decision(decision_id, as_json=as_json)


@identity.command("unmerge")
def unmerge(
    first: PersonArgument,
    second: PersonArgument,
    workspace: WorkspaceOption = HERE,
    *,
    reason: ReasonOption,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Decide that two identifiers of a person belong to different persons, from the next run on."""
    who = actor_name(actor)
    with opened_build(workspace) as here:
        sides = (
            service.find_asked(here.project, here.store, first, who),
            service.find_asked(here.project, here.store, second, who),
        )
        decision_id = service.unmerge(here.store, here.engine, sides, reason)
    _say_decision(decision_id, as_json=as_json)


@identity.command("undo")
def undo(
    decision: Annotated[int, typer.Argument(help="Number of the decision.")],
    workspace: WorkspaceOption = HERE,
    *,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Undo a merge, unmerge or unlink, from the next run on; the record of both stays."""
    project = open_project(find_workspace(workspace))
    with open_operations(project.workspace) as store:
        service.undo(store, decision, actor_name(actor))
    if as_json:
        print_json({"ok": True, "decision_id": decision, "undone": True})
        return
    say(f"Decision {decision} is undone; it takes effect with the next `quanyu run`.")


@identity.command("list-decisions")
def list_decisions(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """List every decision about identities, undone ones too."""
    project = open_project(find_workspace(workspace))
    with open_operations(project.workspace) as store:
        kept = service.list_decisions(store)
    if as_json:
        print_json(
            [
                {
                    "decision_id": one.decision_id,
                    "kind": one.kind.value,
                    "identifiers": [_id(number) for number in one.identifiers],
                    "actor": one.actor,
                    "reason": one.reason,
                    "decided_at": one.decided_at.isoformat(),
                    "undone_at": one.undone_at.isoformat() if one.undone_at else None,
                    "undone_by": one.undone_by,
                    "known_seq": one.known_seq,
                }
                for one in kept
            ]
        )
        return
    if not kept:
        say("Nobody has decided anything about identities yet.")
        return
    rows = [
        (
            str(one.decision_id),
            one.kind.value,
            " ".join(map(_id, one.identifiers)),
            one.actor,
            f"{one.decided_at:%Y-%m-%d %H:%M}",
            f"{one.undone_at:%Y-%m-%d %H:%M} by {one.undone_by}" if one.undone_at else None,
            one.reason,
        )
        for one in kept
    ]
    print_table("", ("number", "decision", "about", "by", "at (UTC)", "undone", "reason"), rows, right=("number",))


@identity.command("coverage")
def coverage(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Show how well persons are known: identified behaviour, suspected duplicates, matches between identifier types."""
    with opened_build(workspace) as here:
        build, told = here.build, service.coverage(here.engine, here.build)
    if as_json:
        print_json(told)
        return
    figures = [
        (row["figure"], f"{row['part']:,}", f"{row['whole']:,}", format_rate(row["ratio"]))
        for row in told["identity_summary"]
    ]
    print_table(f"as of {build.as_of}", ("figure", "part", "whole", "ratio"), figures, right=("part", "whole", "ratio"))
    matches = [
        (row["id_type_a"], row["id_type_b"], f"{row['persons_a']:,}", f"{row['persons_both']:,}",
         format_rate(row["match_rate"]))
        for row in told["identity_match"]
    ]  # fmt: skip
    columns = ("persons with", "that also have", "persons", "both", "match")
    print_table("matches between types", columns, matches, right=columns[2:])


def _say_decision(decision_id: int, *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": True, "decision_id": decision_id})
        return
    say(f"Decision {decision_id} is kept; it takes effect with the next `quanyu run`.")
    say(f"Take it back with `quanyu identity undo {decision_id}`.")


def _say_explanation(told: Explanation) -> None:
    if told.person_id is None:
        reason = told.identifiers[0].inert_reason or "inert"
        say(f"{_id(told.identifiers[0].identifier_id)} identifies nobody: {reason}.")
    else:
        say(f"Person [bold]{_id(told.person_id)}[/bold] has {len(told.identifiers)} identifiers.")
    names = {one.identifier_id: f"{one.id_type} …{one.hash_end}" for one in told.identifiers}
    rows = [
        (
            _id(one.identifier_id),
            one.id_type,
            one.namespace or None,
            f"…{one.hash_end}",
            one.rule,
            "; ".join(_step(proof, names) for proof in told.chains.get(one.identifier_id, ())) or None,
        )
        for one in told.identifiers
    ]
    columns = ("identifier", "type", "namespace", "hash", "rule", "evidence from the elder on")
    print_table("", columns, rows)
    if told.refused:
        refused = [
            (_id(one.identifier_a), _id(one.identifier_b), one.reason, one.id_type, f"{one.rows:,}")
            for one in told.refused
        ]
        print_table("refused evidence", ("identifier", "identifier", "reason", "limit of", "rows"), refused)
    if told.near:
        say(f"Seen with {len(told.near)} identifiers that prove nothing: {' '.join(map(_id, told.near))}")
    for one in told.decisions:
        say(f"Decision {one.decision_id}: {one.kind.value} by {one.actor}, {one.decided_at:%Y-%m-%d}: {one.reason}")


def _step(proof: Proof, names: dict[int, str]) -> str:
    ends = " – ".join(names.get(one, _id(one)) for one in (proof.identifier_a, proof.identifier_b))
    if proof.decision is not None:
        return f"{ends}: decision {proof.decision} by {proof.source}"
    return f"{ends}: {proof.rows:,} rows of {proof.source} ({proof.method}, batch {proof.first_batch_seq})"


def _explanation_json(told: Explanation) -> dict[str, Any]:
    return {
        "person_id": None if told.person_id is None else _id(told.person_id),
        "identifiers": [
            {
                "identifier_id": _id(one.identifier_id),
                "id_type": one.id_type,
                "namespace": one.namespace,
                "hash_end": one.hash_end,
                "rule": one.rule,
                "inert_reason": one.inert_reason,
                "first_seen_at": one.first_seen_at,
                "chain": [_proof_json(proof) for proof in told.chains.get(one.identifier_id, ())],
            }
            for one in told.identifiers
        ],
        "refused": [
            {
                "identifiers": [_id(one.identifier_a), _id(one.identifier_b)],
                "reason": one.reason,
                "id_type": one.id_type,
                "namespace": one.namespace,
                "rows": one.rows,
            }
            for one in told.refused
        ],
        "near": [_id(one) for one in told.near],
        "decisions": [one.decision_id for one in told.decisions],
    }


def _proof_json(proof: Proof) -> dict[str, Any]:
    return {
        "identifiers": [_id(proof.identifier_a), _id(proof.identifier_b)],
        "source": proof.source,
        "method": proof.method,
        "first_batch_seq": proof.first_batch_seq,
        "rows": proof.rows,
        "first_occurred_at": proof.first_occurred_at,
        "last_occurred_at": proof.last_occurred_at,
        "decision": proof.decision,
    }


def _id(number: int) -> str:
    return format_person_id(PersonId(number))
