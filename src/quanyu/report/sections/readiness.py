"""Which models the data can answer, what to connect for the others, and the panel of a model without its data."""

from collections.abc import Callable

from quanyu.report.html import Html
from quanyu.report.parts import Column, Grid, Note, Panel, Part, Section, cell
from quanyu.report.relations.ready import Need, Readiness
from quanyu.report.writer import Writer


def readiness(known: Readiness, writer: Writer) -> Section | None:
    """Return the section that lists every model with what it lacks; None when the build does not know."""
    if not known.needs:
        return None
    title = writer.word("ready.title")
    models = tuple(dict.fromkeys(need.model for need in known.needs))
    ready = [model for model in models if not known.lacking(model)]
    rows = []
    for model in models:
        needs = known.of(model)
        lacking = [need for need in needs if not need.is_met]
        state = "missing" if known.lacking(model) else "poorer" if lacking else "ready"
        connect = Html("<br>".join(_line(need, writer) for need in lacking))
        rows.append(
            (
                cell(needs[0].model_name(writer.language)),
                cell(needs[0].reference),
                cell(writer.word(f"ready.{state}"), f"state-{state}", sort=state),
                cell(connect, "prose", sort=str(len(lacking))),
            )
        )
    columns = tuple(
        Column(writer.word(f"ready.{name}"), is_number=False) for name in ("model", "definition", "state", "connect")
    )
    sentence = writer.text(
        "ready.count",
        ready=writer.count("ready.models", len(ready), "ready_models"),
        all=writer.count("ready.all_models", len(models), "ready_models"),
    )
    grid = Grid(title, columns, tuple(rows), is_sortable=True)
    panel = Panel(title, writer.word("ready.question"), (Note(sentence), grid), ("ready_models",))
    return Section("readiness", title, (panel,))


def not_computable(known: Readiness, model: str, writer: Writer) -> tuple[Part, ...]:
    """Return the note that says why a model has no figures and what to connect; empty when it has its data."""
    lacking = known.lacking(model)
    if not lacking:
        return ()
    name = lacking[0].model_name(writer.language)
    reasons = Html("<br>".join(_line(need, writer) for need in lacking))
    return (Note(writer.text("ready.not_computable", model=name, reasons=reasons), "caution"),)


def guarded(known: Readiness, model: str, title: str, writer: Writer, make: Callable[[], Panel | None]) -> Panel | None:
    """Return the panel that is made, or in its place the one that says why the model has no figures.

    A model without its data would show zeros that look like facts.
    """
    parts = not_computable(known, model, writer)
    return Panel(title, "", parts) if parts else make()


def _line(need: Need, writer: Writer) -> Html:
    key = "ready.lacks" if need.is_required else "ready.lacks_richer"
    return writer.text(key, what=need.says(writer.language), connect=need.connect(writer.language))
