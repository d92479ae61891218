"""Run the benchmarks: `python -m benchmarks make|build|questions|all S|M|L` (docs/benchmarks.md)."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML

from benchmarks.maker import SIZES
from quanyu.services.bench import QUESTIONS

_HERE: Final = Path(__file__).parent
_WIDTH: Final = 140


def main() -> int:
    """Run what is asked, print tables, and answer 1 when --strict is given and a budget is missed."""
    asked = _arguments()
    folder = Path(asked.folder) / asked.size
    missed: list[str] = []
    result: dict[str, Any] = {"size": asked.size}
    if asked.what in {"make", "all"}:
        result["landing"] = _child("landing", folder, asked.size, "-")
        _show_parts("landing", result["landing"])
    if asked.what in {"build", "all"}:
        result["build"] = _child("build", folder, asked.size, "-")
        _show_parts("build", result["build"])
        missed += _judge_build(asked.size, result["build"])
    if asked.what in {"questions", "all"}:
        names = asked.only or [question.name for question in QUESTIONS]
        result["questions"] = [_asked(folder, asked.rounds, name) for name in names]
        _show_questions(result["questions"])
        missed += _judge_questions(asked.size, result["questions"])
    for line in missed:
        print(f"over budget: {line}")
    if asked.json:
        Path(asked.json).write_text(json.dumps(result, indent=1), encoding="utf-8")
    return 1 if asked.strict and missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=["make", "build", "questions", "all"])
    parser.add_argument("size", choices=sorted(SIZES))
    parser.add_argument("--folder", default=str(Path(tempfile.gettempdir()) / "quanyu-bench"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=[question.name for question in QUESTIONS])
    parser.add_argument("--json", help="write the figures to this file too")
    parser.add_argument("--strict", action="store_true", help="exit code 1 when a budget is missed")
    return parser.parse_args()


def _asked(folder: Path, rounds: int, name: str) -> Any:
    """Ask one question and say its answer at once: a long row of them may be interrupted."""
    found = _child("question", folder, str(rounds), name)
    ratio = next(iter(found["ratios"].values()))
    steps = ", ".join(f"{step} {seconds:.2f}" for step, seconds in found["steps"].items())
    print(f"  {found['seconds']:8.2f} s {ratio:8.1f} scans  {found['title']} ({steps})", flush=True)
    return found


def _child(job: str, folder: Path, size: str, name: str) -> Any:
    """Run one measurement in its own process; its last line is the result, earlier ones are for people."""
    command = [sys.executable, "-m", "benchmarks.child", job, str(folder), size, name]
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            lines.append(line)
            if not line.startswith(("{", "[")):
                print(line, end="", flush=True)
    if process.returncode:
        raise SystemExit(f"{job} {name} failed with exit code {process.returncode}")
    return json.loads(lines[-1])


def _table(*columns: str, title: str) -> Table:
    table = Table(title=title)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    return table


def _show_parts(title: str, parts: list[dict[str, Any]]) -> None:
    table = _table("part", "seconds", "rows", "peak MB", title=title)
    for part in parts:
        table.add_row(part["name"], f"{part['seconds']:.2f}", f"{part['rows']:,}", f"{part['peak_mb']:,}")
    table.add_row("all", f"{sum(part['seconds'] for part in parts):.2f}", "", f"{parts[-1]['peak_mb']:,}")
    Console(width=_WIDTH).print(table)


def _show_questions(found: list[dict[str, Any]]) -> None:
    table = _table("question", "seconds", "rows", "x event scan", "x own scan", "of", "peak MB", title="questions")
    for one in found:
        (first, ratio), *_ = one["ratios"].items()
        *_, (last, own) = one["ratios"].items()
        table.add_row(
            one["title"],
            f"{one['seconds']:.3f}",
            f"{one['rows']:,}",
            f"{ratio:.1f} ({one['scans'][first]:.3f} s)",
            f"{own:.1f} ({one['scans'][last]:.3f} s)",
            last,
            f"{one['peak_mb']:,}",
        )
        if len(one["steps"]) > 1:
            for name, seconds in one["steps"].items():
                table.add_row(f"  {name}", f"{seconds:.3f}")
    Console(width=_WIDTH).print(table)


def _budgets() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(_HERE / "budgets.yaml")
    return loaded


def _judge_build(size: str, parts: list[dict[str, Any]]) -> list[str]:
    limit = _budgets()["build"].get(size, {}).get("peak_mb")
    peak = parts[-1]["peak_mb"]
    return [] if limit is None or peak <= limit else [f"build at {size}: {peak:,} MB of {limit:,}"]


def _judge_questions(size: str, found: list[dict[str, Any]]) -> list[str]:
    limits = _budgets()["questions"]
    missed = []
    for one in found:
        limit = limits.get(one["name"])
        ratio = next(iter(one["ratios"].values()))
        if limit and size in limit["sizes"] and ratio > limit["ratio"]:
            missed.append(f"{one['title']} at {size}: {ratio:.1f} scans, {limit['ratio']} allowed")
    return missed


if __name__ == "__main__":
    raise SystemExit(main())
