"""`quanyu diagnose` and `quanyu playbooks`: what is worse than expected, what it costs, what to do about it."""

from typing import Annotated, Any

import typer

from quanyu.cli.console import print_json, print_table, say
from quanyu.cli.numbers import period_name
from quanyu.cli.opened import opened_build
from quanyu.cli.options import HERE, ActorOption, JsonOption, WorkspaceOption, actor_name, find_workspace
from quanyu.config import Currency, Language
from quanyu.definitions.playbook import code_of
from quanyu.diagnosis import Baseline, tables_of
from quanyu.display import NULL_SIGN, format_count, format_money
from quanyu.money import Money
from quanyu.services.diagnosis import ALL, ask, open_playbooks
from quanyu.services.explain import read_period
from quanyu.services.metrics import metric_context
from quanyu.services.project import open_project

Rows = dict[str, list[dict[str, Any]]]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("diagnose")(diagnose)
    app.command("playbooks")(list_playbooks)


def diagnose(
    workspace: WorkspaceOption = HERE,
    *,
    scenario: Annotated[str, typer.Option(help="A playbook, such as pb_02, or all.")] = ALL,
    period: Annotated[
        str | None, typer.Option(help="2026, 2026-Q1, 2026-02, 2026-W07 or a day; without it the last whole month.")
    ] = None,
    baseline: Annotated[Baseline | None, typer.Option(help="What figures are compared with.")] = None,
    target: Annotated[
        list[str] | None, typer.Option("--target", help="A target of a manual baseline: repurchase_rate=0.25.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many findings to show.")] = 10,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show what is worse than expected in the published build, the dearest first, and what to do about it."""
    with opened_build(workspace) as here:
        asked = read_period(period, here.build.as_of) if period is not None else None
        context = metric_context(here.store, here.build)
        known, outcome = ask(
            here.project,
            here.engine,
            context,
            scenario=scenario,
            period=asked,
            baseline=baseline,
            targets=target or (),
            asked_by=actor_name(actor),
        )
        tables = tables_of(known, outcome, here.project.parameters.version)
        rows = {name: table.to_pylist() for name, table in tables.items()}
        currency = here.project.workspace.currency
    if as_json:
        print_json(rows)
        return
    _say_indicators(rows)
    _say_findings(rows, currency, limit)
    say(f"{period_name(outcome.request.period)} against {outcome.request.baseline.value}, build {here.build.build_id}.")


def list_playbooks(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """List the playbooks: what each watches, and where it is defined."""
    playbooks = open_playbooks(open_project(find_workspace(workspace)))
    if as_json:
        print_json([{"playbook": one.name, **one.value.model_dump(mode="json", by_alias=True)} for one in playbooks])
        return
    rows = [
        (
            code_of(one.name),
            one.value.label.zh,
            one.value.label.en,
            ", ".join(dict.fromkeys(watch.metric for watch in one.value.watch)),
            f"{one.where.file}:{one.where.line}",
        )
        for one in playbooks
    ]
    print_table("", ("playbook", "中文", "English", "watches", "defined in"), rows)


def _say_indicators(rows: Rows) -> None:
    unknown = {
        (row["metric_code"], row["why_not_en"]) for row in rows["diagnosis_indicator"] if not row["is_computable"]
    }
    tested = sum(row["cells_tested"] for row in rows["diagnosis"])
    say(f"{len(rows['diagnosis'])} scenarios, {tested:,} cells tested, {len(rows['finding'])} findings.")
    for metric, why in sorted(unknown):
        say(f"  not computable: {metric}, because {why}.")


def _say_findings(rows: Rows, currency: Currency, limit: int) -> None:
    leads = [row for row in rows["finding"] if row["lead_finding_id"] is None]
    if not leads:
        say("Nothing is worse than expected by more than chance.")
        return
    for number, row in enumerate(leads[:limit], start=1):
        impact = NULL_SIGN
        if row["impact_fen"] is not None:
            impact = format_money(Money(row["impact_fen"], currency), Language.EN)
        say(f"\n[bold]{number}. {impact}[/bold] {row['severity']}  {row['says_zh']}\n   {row['says_en']}")
        for other in (one for one in rows["finding"] if one["lead_finding_id"] == row["finding_id"]):
            say(f"   also: {other['says_en']}")
        _say_parts([part for part in rows["finding_part"] if part["finding_id"] == row["finding_id"]])
        _say_advice(rows, row)
    if len(leads) > limit:
        say(f"\n… and {len(leads) - limit} more; raise --limit, or take --json.")


def _say_parts(parts: list[dict[str, Any]]) -> None:
    for dimension in dict.fromkeys(part["dimension"] for part in parts):
        largest = [part for part in parts if part["dimension"] == dimension and part["share"]][:3]
        shown = ", ".join(f"{_named(part)} {part['share']:+.0%}" for part in largest)
        say(f"   by {dimension}: {shown} of the gap")


def _named(part: dict[str, Any]) -> str:
    if part["effect"] == "overlap":
        return "counted in several"
    value = part["value_en"] or "unknown"
    return value if part["effect"] == "amount" else f"{value} ({part['effect']})"


def _say_advice(rows: Rows, finding: dict[str, Any]) -> None:
    for one in (rec for rec in rows["recommendation"] if rec["finding_id"] == finding["finding_id"]):
        steps = [step for step in rows["audience_step"] if step["rec_id"] == one["rec_id"]]
        counts = " → ".join(f"{step['gate']} {format_count(step['after'], Language.EN, exact=True)}" for step in steps)
        why = next((step["why_unknown"] for step in steps if step["why_unknown"]), None)
        say(f"   {code_of(one['playbook'])} by {one['channel']} · {one['audience_zh']} · {one['audience_en']}: {counts}"
            + (f" (not known: {why})" if why else ""))  # fmt: skip
