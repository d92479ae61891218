"""Segments: a rule over persons as one checked query over the tables of a build, and the gates before a send.

condition_of(ground, rule) -> tree
waterfall(ground, audience) -> tuple[Step, …]
"""

from quanyu.segments.ground import Ground
from quanyu.segments.persons import persons_tree
from quanyu.segments.rule import condition_of, unknown_in
from quanyu.segments.waterfall import Gate, Step, waterfall

__all__ = ["Gate", "Ground", "Step", "condition_of", "persons_tree", "unknown_in", "waterfall"]
