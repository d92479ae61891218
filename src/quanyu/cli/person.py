"""`quanyu person`: everything about one person on one page."""

from typing import Annotated, Any

import typer

from quanyu.cli.console import print_json, print_table, say
from quanyu.cli.opened import opened_build
from quanyu.cli.options import HERE, ActorOption, DayOption, JsonOption, WorkspaceOption, actor_name
from quanyu.config import Currency, Language
from quanyu.display import format_money, format_rate
from quanyu.errors import Problem, UserError
from quanyu.exports.fields import Block
from quanyu.ids import PersonId, format_person_id
from quanyu.money import Money
from quanyu.services.exports import Place, check_classes
from quanyu.services.identity import find_asked
from quanyu.services.person_page import DAYS, Happening, Known, Page, Shown, person_page
from quanyu.tables.contract import Type


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("person")(person)


def person(
    person_id: Annotated[
        str | None, typer.Argument(metavar="[PERSON]", help="A person by id, such as P0000014SC0PJ.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    *,
    identifier: Annotated[
        str | None, typer.Option(help="An identifier as type:value[@namespace]; the value is hashed, never kept.")
    ] = None,
    may_see: Annotated[
        list[str] | None,
        typer.Option(help="A class of personal data that you may see: personal, sensitive, direct. It is recorded."),
    ] = None,
    until: DayOption = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days of the timeline.")] = DAYS,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show everything about one person: who, what, value, stages, consents, reach, what happened."""
    wanted = identifier or person_id
    if wanted is None or (identifier and person_id):
        raise UserError(Problem("cli.arguments", "Name one person, or one --identifier.", "Give exactly one of them."))
    shown = Shown(check_classes(may_see or ()), until.date() if until else None, days)
    with opened_build(workspace) as here:
        who = actor_name(actor)
        asked = find_asked(here.project, here.store, wanted, who)
        page = person_page(Place(here.project, here.store, here.engine, here.build, who), asked, shown)
        currency = here.project.workspace.currency
    if as_json:
        print_json(_page_json(page))
        return
    _say_page(page, currency)


def _page_json(page: Page) -> dict[str, Any]:
    return {
        "person_id": _id(page.person_id),
        "merged_from": None if page.merged_from is None else _id(page.merged_from),
        "as_of": page.as_of,
        **{block.value: [_known_json(one) for one in known] for block, known in page.blocks.items()},
        "value": dict(page.value),
        "models": [
            {
                "model": one.model,
                "stage": one.stage,
                "since": one.since,
                "until": one.until,
                "rule": one.rule,
                "zh": one.zh,
                "en": one.en,
            }
            for one in page.stages
        ],
        "consents": [
            {"purpose": one.purpose, "channel": one.channel, "granted": one.granted, "since": one.since}
            for one in page.consents
        ],
        "reach": [
            {
                "channel_id": one.channel_id,
                "zh": one.zh,
                "en": one.en,
                "reachable": one.reachable,
                "reason": one.reason,
                "since": one.since,
            }
            for one in page.reach
        ],
        "timeline": {
            "first": page.timeline.first,
            "last": page.timeline.last,
            "has_earlier": page.timeline.has_earlier,
            "happened": [_happening_json(one) for one in page.timeline.happened],
        },
        "identity": [
            {
                "identifier_id": _id(one.identifier_id),
                "id_type": one.id_type,
                "namespace": one.namespace,
                "hash_end": one.hash_end,
                "rule": one.rule,
                "proofs": len(page.identity.chains.get(one.identifier_id, ())),
            }
            for one in page.identity.identifiers
        ],
        "completeness": page.completeness,
        "unknown": dict(page.unknown),
    }


def _known_json(one: Known) -> dict[str, Any]:
    field = one.field
    return {
        "name": field.name,
        "zh": field.zh,
        "en": field.en,
        "unit": field.unit,
        "value": one.value,
        "masked": one.is_masked,
    }


def _happening_json(one: Happening) -> dict[str, Any]:
    return {
        "day": one.day,
        "at": one.at,
        "kind": one.kind,
        "what": one.what,
        "channel_id": one.channel_id,
        "amount_fen": one.amount_fen,
        "note": one.note,
        "record": one.record,
    }


def _say_page(page: Page, currency: Currency) -> None:
    say(f"{_id(page.person_id)}  as of {page.as_of}")
    if page.merged_from is not None:
        say(f"{_id(page.merged_from)} was merged: this is the person it belongs to now.")
    filled = format_rate(page.completeness)
    say(f"profile known: {filled}")
    for table in page.unknown.values():
        say(f"not computable: the build has no {table}; make a new one with `quanyu run`")
    value = [(name, _shown(name, one, currency)) for name, one in page.value.items()]
    print_table("value 价值", ("", ""), value)
    for block, known in page.blocks.items():
        # On a terminal a field that nobody knows is left out; --json holds it.
        told = [one for one in known if one.value is not None]
        rows = [(one.field.name, one.field.zh, one.field.en, _known_text(one, currency)) for one in told]
        print_table(f"{block.value} {_BLOCKS[block]}", ("field", "中文", "English", "value"), rows)
    say("[bold]models 模型[/bold]")
    for stage in page.stages:
        say(f"{stage.model}  {stage.zh}")
        say(f"{stage.model}  {stage.en}")
    consents = [(one.purpose, one.channel, _ANSWERS[one.granted], one.since) for one in page.consents]
    print_table("consents 授权", ("purpose", "channel", "answer", "since"), consents)
    reach = [
        (one.channel_id, one.zh, one.en, "yes" if one.reachable else "no", one.reason, one.since) for one in page.reach
    ]
    print_table("reach 触达", ("channel", "中文", "English", "reached", "why not", "since"), reach)
    when = page.timeline
    happened = [_happening_row(one, currency) for one in when.happened]
    heads = ("day", "UTC", "kind", "what", "channel", "amount", "note")
    print_table(f"{when.first} – {when.last}", heads, happened, right=("amount",))
    if when.has_earlier:
        say(f"Earlier: --until {when.first}")
    known_by = [
        (_id(one.identifier_id), one.id_type, one.namespace, one.hash_end, one.rule)
        for one in page.identity.identifiers
    ]
    print_table("identity 身份", ("identifier", "type", "namespace", "hash ends", "rule"), known_by)


_BLOCKS = {Block.ATTRIBUTES: "属性", Block.FEATURES: "特征", Block.TAGS: "标签", Block.STAGES: "阶段"}
_ANSWERS = {True: "yes", False: "no", None: "never asked"}


def _happening_row(one: Happening, currency: Currency) -> tuple[Any, ...]:
    amount = None if one.amount_fen is None else _money(one.amount_fen, currency)
    at = f"{one.at:%H:%M}" if one.at else None
    return one.day, at, one.kind, one.what, one.channel_id, amount, one.note


def _known_text(one: Known, currency: Currency) -> str:
    labels = one.field.labels or {}
    if isinstance(one.value, str) and one.value in labels:
        return f"{labels[one.value].get('zh', '')} {labels[one.value].get('en', '')}".strip()
    return _money(one.value, currency) if one.field.type is Type.FEN and not one.is_masked else str(one.value)


def _shown(name: str, value: Any, currency: Currency) -> str | None:
    if value is None:
        return None
    return _money(value, currency) if name.endswith("_fen") else str(value)


def _money(fen: int, currency: Currency) -> str:
    return format_money(Money(fen, currency), Language.EN, exact=True)


def _id(number: int) -> str:
    return format_person_id(PersonId(number))
