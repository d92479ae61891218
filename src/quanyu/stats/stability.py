"""How far a distribution has moved from an earlier one."""

import math
from collections.abc import Sequence

_LEAST_SHARE = 0.0001


def stability_index(now: Sequence[int], before: Sequence[int]) -> float | None:
    """Return the population stability index of counts per value against earlier counts of the same values, in order.

    PSI = Σ (p − q) · ln(p / q) over the shares p now and q before (Siddiqi 2006, "Credit Risk Scorecards", ch. 6; it is
    the symmetric divergence of Kullback and Leibler 1951).  Usual reading: below 0.10 stable, from 0.25 moved.  A share
    of 0 counts as 0.0001, so that a value that appears or goes has a finite part.  None when either side counts nobody.
    """
    base, base_before = sum(now), sum(before)
    if not base or not base_before:
        return None
    shares = [
        (max(new / base, _LEAST_SHARE), max(old / base_before, _LEAST_SHARE))
        for new, old in zip(now, before, strict=True)
        if new or old
    ]
    return math.fsum((p - q) * math.log(p / q) for p, q in shares)
