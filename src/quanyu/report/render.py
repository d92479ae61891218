"""Makes the report of a build: one self-contained page per language, and a JSON twin with the same numbers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from quanyu.config import Language
from quanyu.engine import DuckDBEngine
from quanyu.errors import InternalError
from quanyu.report.context import ReportContext, ReportFiles
from quanyu.report.definitions import DEFINITIONS
from quanyu.report.figures import Figure
from quanyu.report.html import Html
from quanyu.report.model import ReportData, read_report
from quanyu.report.parts import Section
from quanyu.report.sections import appendix
from quanyu.report.sections.campaigns import campaigns
from quanyu.report.sections.categories import categories
from quanyu.report.sections.cohorts import cohorts
from quanyu.report.sections.coverage import coverage
from quanyu.report.sections.fast import fast
from quanyu.report.sections.fast_plus import fast_plus
from quanyu.report.sections.findings import findings
from quanyu.report.sections.growth import growth
from quanyu.report.sections.lifecycle import lifecycle
from quanyu.report.sections.nine import nine
from quanyu.report.sections.operations import operations, quadrants, spread
from quanyu.report.sections.quality import quality
from quanyu.report.sections.readiness import readiness
from quanyu.report.sections.rfm import rfm
from quanyu.report.sections.sales import sales
from quanyu.report.sections.star import star
from quanyu.report.sections.summary import summary
from quanyu.report.sections.value import value
from quanyu.report.writer import Writer

_TEMPLATES = Path(__file__).parent / "templates"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Page:
    """One page as text, and the figures written into it by name."""

    html: str
    figures: Mapping[str, Figure]
    summary: tuple[Html, ...]


def render_report(context: ReportContext, engine: DuckDBEngine, folder: Path) -> ReportFiles:
    """Write the report of the build whose tables are in the engine's catalogue into the folder, and return its files.

    The folder is made when it is not there; files of an earlier report in it are replaced.
    """
    data = read_report(engine, context.build.as_of)
    pages = {language: render_page(data, context, language) for language in Language}
    folder.mkdir(parents=True, exist_ok=True)
    files = ReportFiles(folder / "report.zh.html", folder / "report.en.html", folder / "report.json")
    for language, page in pages.items():
        files.page(language).write_text(page.html, encoding="utf-8")
    twin = json_twin(context, pages)
    files.json.write_text(json.dumps(twin, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return files


def render_page(data: ReportData, context: ReportContext, language: Language) -> Page:
    """Return the page in one language."""
    writer = Writer(language, context.currency, context.small_group, context.standing)
    sentences = summary(data, context, writer)
    sections = _sections(data, context, writer)
    template = _environment().get_template("report.html.j2")
    html = template.render(
        w=writer,
        context=context,
        brand=context.brand.name(language),
        sentences=sentences,
        sections=sections,
        tables=appendix.tables(data, context, writer),
        parameters=appendix.parameters(context, writer),
        shown={figure.definition for figure in writer.figures.values()},
        explained={name: appendix.explained(definition, writer) for name, definition in DEFINITIONS.items()},
        table_of={name: definition.table for name, definition in DEFINITIONS.items()},
        other=Language.EN if language is Language.ZH else Language.ZH,
        css=Html(_read("report.css")),
        script=Html(_read("report.js")),
    )
    return Page(html, dict(writer.figures), tuple(sentences))


def json_twin(context: ReportContext, pages: Mapping[Language, Page]) -> dict[str, Any]:
    """Return the JSON twin: the build, every figure by name, and the parameters.

    Raises InternalError when the pages of two languages do not say the same numbers.
    """
    figures = [{name: figure.as_dict() for name, figure in page.figures.items()} for page in pages.values()]
    if any(found != figures[0] for found in figures):
        raise InternalError("the pages of two languages do not say the same numbers")
    build = context.build
    return {
        "format_version": FORMAT_VERSION,
        "brand": {"code": context.brand.code, "zh": context.brand.zh, "en": context.brand.en},
        "currency": {"code": context.currency.code, "minor_digits": context.currency.minor_digits},
        "time_zone": context.time_zone,
        "build": {
            "build_id": build.build_id,
            "as_of": build.as_of.isoformat(),
            "watermark": build.watermark,
            "engine": build.engine,
            "parameter_version": build.parameter_version,
            "built_at": build.built_at.isoformat(),
        },
        "parameters": {
            row.id: {"value": row.value, "unit": row.unit, "mark": row.mark, "overridden": row.overridden}
            for row in context.parameters
        },
        "definitions": {
            name: {"table": definition.table, "source": definition.source} for name, definition in DEFINITIONS.items()
        },
        "figures": figures[0],
    }


def _sections(data: ReportData, context: ReportContext, writer: Writer) -> list[Section]:
    listed = [
        coverage(data, context, writer),
        findings(data, writer),
        sales(data, writer),
        nine(data, writer),
        star(data, writer),
        fast_plus(data, writer),
        fast(data, writer),
        rfm(data, writer),
        lifecycle(data, writer),
        cohorts(data, writer),
        value(data, writer),
        growth(data, writer),
        quadrants(data, writer),
        spread(data, writer),
        operations(data, writer),
        categories(data, writer),
        campaigns(data, writer),
        readiness(data.readiness, writer),
        quality(context, writer),
    ]
    return [section for section in listed if section is not None]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
