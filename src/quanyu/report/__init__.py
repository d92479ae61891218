"""The report of a build: self-contained HTML in Chinese and English, and a JSON twin with the same numbers."""

from quanyu.report.context import (
    BuildRecord,
    ParameterRow,
    QualityRow,
    ReceivedRow,
    ReportContext,
    ReportFiles,
    StepRecord,
)
from quanyu.report.render import render_report

__all__ = [
    "BuildRecord",
    "ParameterRow",
    "QualityRow",
    "ReceivedRow",
    "ReportContext",
    "ReportFiles",
    "StepRecord",
    "render_report",
]
