"""`quanyu readiness`: which models the data of a workspace can answer, and what to connect for the others."""

from itertools import groupby
from typing import Annotated, Any

import typer

from quanyu.cli.console import print_json, print_table, say
from quanyu.cli.opened import opened_build
from quanyu.cli.options import HERE, JsonOption, WorkspaceOption
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.services.readiness import Advice, maturity

_ADVICE = {
    Advice.FOUR_FORCES: "Build the pool first: rate the four forces (四力) and recruit relations.",
    Advice.STAR: "The pool is large enough: run STAR·5R and FAST+ every month.",
    Advice.SITE: "Pool and stores are mapped: site selection (方略) can begin.",
}


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("readiness")(readiness)


def readiness(
    model: Annotated[str | None, typer.Argument(help="One model; without it all are listed.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say for each model which data it needs, which are missing here, and what to connect."""
    with opened_build(workspace) as here:
        rows = here.engine.rows_of("readiness").to_pylist()
        advice = maturity(here.project, here.engine, here.build.as_of)
    rows.sort(key=lambda row: (row["model"], row["need_no"]))
    models = {name: list(needs) for name, needs in groupby(rows, key=lambda row: row["model"])}
    if model is not None:
        if model not in models:
            remedy = did_you_mean(model, list(models)) or "List them all with `quanyu readiness`."
            raise UserError(Problem("readiness.unknown", f'No model "{model[:40]}".', remedy))
        models = {model: models[model]}
    if as_json:
        print_json(
            {
                "advice": advice.advice,
                "capital": advice.capital,
                "pool": advice.pool,
                "models": [_as_json(name, needs) for name, needs in models.items()],
            }
        )
        return
    if model is not None:
        _say_model(models[model])
        return
    listed = [(needs[0]["model_zh"], needs[0]["model_en"], _state(needs), _missing(needs)) for needs in models.values()]
    print_table("", ("模型", "model", "state", "what to connect"), listed)
    known = "no relations are known" if advice.capital is None else f"{advice.capital:,} persons can be reached"
    say(f"{known}; the pool aimed at is {advice.pool:,}. {_ADVICE[advice.advice]}")


def _is_ready(needs: list[dict[str, Any]]) -> bool:
    return all(need["is_met"] for need in needs if need["is_required"])


def _state(needs: list[dict[str, Any]]) -> str:
    if not _is_ready(needs):
        return "not computable"
    return "ready" if all(need["is_met"] for need in needs) else "ready, could be richer"


def _say_model(needs: list[dict[str, Any]]) -> None:
    say(f"[bold]{needs[0]['model_zh']} · {needs[0]['model_en']}[/bold] ({needs[0]['reference']}): {_state(needs)}.")
    for need in needs:
        found = f"{need['rows']:,} rows" if need["is_met"] else f"missing. {need['connect_en']} ({need['tables']})."
        wanted = "needed" if need["is_required"] else "richer with it"
        say(f"  {'✓' if need['is_met'] else '✗'} {need['need_zh']} · {need['need_en']} ({wanted}): {found}")


def _missing(needs: list[dict[str, Any]]) -> str:
    lacking = [need for need in needs if not need["is_met"]]
    return "\n".join(f"{need['need_en']}: {need['connect_en']}." for need in lacking)


def _as_json(name: str, needs: list[dict[str, Any]]) -> dict[str, Any]:
    kept = ("need", "need_zh", "need_en", "connect_zh", "connect_en", "tables", "is_required", "is_met", "rows")
    return {
        "model": name,
        "label": {"zh": needs[0]["model_zh"], "en": needs[0]["model_en"]},
        "reference": needs[0]["reference"],
        "is_computable": _is_ready(needs),
        "needs": [{key: need[key] for key in kept} for need in needs],
    }
