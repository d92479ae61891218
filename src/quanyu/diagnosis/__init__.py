"""Diagnosis: which watched figures are worse than expected, by more than chance, what that costs, what to do.

diagnose(known, request, rule) -> Outcome
tables_of(known, outcome, param_version) -> tables of the build
"""

from quanyu.diagnosis.diagnose import Known, Outcome, Request, diagnose, last_complete
from quanyu.diagnosis.expect import Baseline
from quanyu.diagnosis.judge import Rule
from quanyu.diagnosis.rows import tables_of

__all__ = ["Baseline", "Known", "Outcome", "Request", "Rule", "diagnose", "last_complete", "tables_of"]
