"""One measurement in a process of its own, so that its peak memory is its own; the last line is its result as JSON."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks.build import AS_OF, BUILD, engine_of, make_build, make_landing, peak_mb, values_of, workspace_of
from benchmarks.landing import LANDING
from benchmarks.maker import SIZES, World
from quanyu.services.bench import QUESTIONS, measure


def _landing(folder: Path, size: str, _: str) -> Any:
    return [asdict(part) for part in make_landing(World(SIZES[size]), folder)]


def _build(folder: Path, _size: str, _: str) -> Any:
    return [asdict(part) for part in make_build(folder)]


def _question(folder: Path, rounds: str, name: str) -> Any:
    workspace = workspace_of(folder)
    engine = engine_of(workspace)
    engine.attach_schema(LANDING)
    engine.attach_schema(BUILD)
    question = next(question for question in QUESTIONS if question.name == name)
    measured = measure(engine, question, values_of(workspace), AS_OF, int(rounds))
    engine.close()
    return {**asdict(measured), "peak_mb": peak_mb()}


_JOBS: Final[dict[str, Callable[[Path, str, str], Any]]] = {
    "landing": _landing,
    "build": _build,
    "question": _question,
}


if __name__ == "__main__":
    job, folder, size, name = sys.argv[1:]
    print(json.dumps(_JOBS[job](Path(folder), size, name)))
