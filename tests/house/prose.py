"""What the pages promise: commands that exist, links that lead somewhere, options that a command takes."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import typer.main

from house.source import ROOT
from quanyu.cli.commands import COMMANDS, load_command
from quanyu.cli.main import app

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_TARGETS = re.compile(r"^\s{4}([a-z][a-z-]*)\)", re.MULTILINE)


def pages(root: Path = ROOT) -> list[Path]:
    """Return the pages that are written for people: those at the top, and everything in docs/."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def code_of(text: str) -> list[str]:
    """Return every piece of code of a page: the lines of its blocks and what stands between backticks."""
    pieces: list[str] = []
    for number, part in enumerate(re.split(r"^```.*$", text, flags=re.MULTILINE)):
        pieces += part.splitlines() if number % 2 else re.findall(r"`([^`\n]+)`", part)
    return [piece.strip() for piece in pieces]


def said_commands(text: str) -> Iterator[list[str]]:
    """Yield the words after `quanyu` of every command that a page's code says."""
    for piece in code_of(text):
        for said in re.split(r"&&|\|\||\||;", piece):
            words = said.split(" #")[0].split()
            if words[:1] == ["$"]:
                words = words[1:]
            if words[:1] == ["quanyu"] and len(words) > 1:
                yield words[1:]


@cache
def _command_line() -> Any:
    whole = typer.main.get_command(app)
    whole.commands = {name: load_command(name) for name in COMMANDS}
    return whole


def command_fault(words: list[str], command: Any = None) -> str | None:
    """Return what is wrong with a command line: a name or an option that the command line does not know."""
    here = command or _command_line()
    said = "quanyu " + " ".join(words)
    rest = list(words)
    while rest and getattr(here, "commands", None) and not rest[0].startswith("-"):
        name = rest.pop(0)
        if name in {"…", "..."}:
            return None
        if name not in here.commands:
            return f"`{said}`: no command {name}"
        here = here.commands[name]
    known = {option for param in here.params for option in (*param.opts, *param.secondary_opts)}
    known |= {"--help", "-h", "--version"}
    for word in rest:
        option = word.strip("[]").split("=")[0]
        if re.fullmatch(r"--?[a-z][a-z-]*", option) and option not in known:
            return f"`{said}`: no option {option}"
    return None


def command_faults(page: Path) -> list[str]:
    """Return the commands of a page that do not exist."""
    faults = (command_fault(words) for words in said_commands(page.read_text(encoding="utf-8")))
    return [f"{page.name}: {fault}" for fault in faults if fault]


def target_faults(page: Path, root: Path = ROOT) -> list[str]:
    """Return the targets of `make` and `./run` that a page says and ./run does not have."""
    known = set(_TARGETS.findall((root / "run").read_text(encoding="utf-8"))) | {"help"}
    said = (
        match
        for piece in code_of(page.read_text(encoding="utf-8"))
        for match in re.findall(r"^(?:\$ )?(?:make|\./run) ([a-z][a-z-]*)", piece)
    )
    return [f"{page.name}: no target {name}" for name in said if name not in known]


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as code forges make them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower().strip()) for heading in headings)
    return {heading.replace(" ", "-") for heading in kept}


def link_faults(page: Path) -> list[str]:
    """Return the links and pictures of a page that lead to no file, or to no heading of it."""
    found = []
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for link, picture in _LINK.findall(text):
        target = link or picture
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name) if name else page
        if not file.exists():
            found.append(f"{page.name}: {target} leads nowhere")
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
            found.append(f"{page.name}: {target} has no such heading")
    return found
