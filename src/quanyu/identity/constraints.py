"""Clusters that break a rule are taken apart: evidence is accepted from the strongest down, refused when it breaks one.

A rule is a limit (values of one type and namespace per person) or a cut (two identifiers that people keep apart).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanyu.engine.kernel import compiled
from quanyu.identity.evidence import Flags, Numbers, Places

BY_EVIDENCE = -1
ACCEPTED, OVER_LIMIT, CUT = 0, 1, 2


class Cuts(NamedTuple):
    """Pairs of identifiers that must not belong to one person: their numbers and the place of the decision in time.

    `known_seq` is the newest batch of the partition that the cut restores, -1 for none (every link came after it).
    """

    a: Places
    b: Places
    at: Numbers
    known_seq: Numbers

    def taken(self, chosen: Flags | Numbers) -> "Cuts":
        """Return the chosen cuts (flags, or places in their order)."""
        return Cuts(self.a[chosen], self.b[chosen], self.at[chosen], self.known_seq[chosen])


class Links(NamedTuple):
    """What wants to join two identifiers: pairs, with what decides their order.

    `at` is the place in time of a manual merge, BY_EVIDENCE for evidence; `younger` counts the decisions that did not
    know the link yet (`decisions_predated`); `strong` and `weak` are the priorities of the stronger and the weaker
    side; `low_id` and `high_id` the identifier ids, the last tie-break.
    """

    a: Places
    b: Places
    at: Numbers
    younger: Numbers
    strong: Numbers
    weak: Numbers
    rows: Numbers
    low_id: Numbers
    high_id: Numbers


class Resolution(NamedTuple):
    """The roots after constrained resolution, and for each link whether it was accepted or why it was refused.

    `refused` is ACCEPTED, OVER_LIMIT or CUT; `limit_class` is the class whose limit refused it, else -1.
    """

    root: Places
    refused: NDArray[np.int8]
    limit_class: Places


def over_limit(root: Places, limit_class: Places, limit: Numbers) -> Places:
    """Return the roots of components that hold more identifiers of a class than its limit; class -1 is unlimited."""
    classed = np.flatnonzero(limit_class >= 0)
    width = len(limit)
    keys = np.sort(root[classed].astype(np.int64) * width + limit_class[classed])
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    counts = np.diff(np.append(starts, len(keys)))
    over = keys[starts][counts > limit[keys[starts] % width]]
    return np.unique(over // width).astype(np.int32)


def decisions_predated(cluster_of_link: Places, seq: Numbers, decided_cluster: Places, known_seq: Numbers) -> Numbers:
    """Return for each link how many decisions of its cluster were taken before batch `seq` was known."""
    decided = np.sort((decided_cluster.astype(np.int64) << 32) + known_seq + 1)
    cluster = cluster_of_link.astype(np.int64) << 32
    return np.searchsorted(decided, cluster + seq + 1) - np.searchsorted(decided, cluster)


def resolve_links(cluster: Places, limit_class: Places, limit: Numbers, links: Links, cuts: Cuts) -> Resolution:
    """Return the partition of nodes 0 … n-1 under limits and cuts; a pure function of the sets of links and cuts.

    `cluster` is the component of each node when nothing is refused: links and cuts stay within one.  What a decision
    knew comes before what was seen later, so that the partition of its moment stands again before anything is added: a
    cut restores it, a manual merge joins two of its persons.  Within one age evidence goes by priority (weaker side,
    stronger side), rows, and ids; then the merges in the order they were decided, which break limits, and cuts that
    were decided before them.
    """
    cuts = cuts.taken(np.argsort(cluster[cuts.a], kind="stable"))
    order = np.lexsort(
        (
            links.high_id, links.low_id, -links.rows, links.strong, links.weak, links.at, links.at != BY_EVIDENCE,
            links.younger,
        )
    )  # fmt: skip
    first = np.searchsorted(cluster[cuts.a], cluster[links.a], side="left")
    last = np.searchsorted(cluster[cuts.a], cluster[links.a], side="right")
    size = len(cluster)
    forest = _Forest(
        root=np.arange(size, dtype=np.int32),
        head=np.where(limit_class >= 0, np.arange(size), -1).astype(np.int32),
        following=np.full(size, -1, dtype=np.int32),
        held=np.ones(size, dtype=np.int64),
        limit_class=limit_class,
        limit=limit,
        cut_holds=np.ones(len(cuts.a), dtype=np.bool_),
    )
    refused = np.zeros(len(order), dtype=np.int8)
    refusing_class = np.full(len(order), -1, dtype=np.int32)
    _join(forest, _Wanted(order, links.a, links.b, links.at, first, last, refused, refusing_class), cuts)
    return Resolution(forest.root, refused, refusing_class)


class _Forest(NamedTuple):
    """Components being joined.  Each root keeps a list of the limit classes it holds: `head` is its first entry,
    `following` the next one, `held` how many identifiers of the entry's class there are (entries are nodes).
    """

    root: Places
    head: Places
    following: Places
    held: Numbers
    limit_class: Places
    limit: Numbers
    cut_holds: Flags


class _Wanted(NamedTuple):
    """Links in the order of `order`; the cuts `first_cut` … `last_cut` - 1 are those of the link's cluster."""

    order: Numbers
    a: Places
    b: Places
    at: Numbers
    first_cut: Numbers
    last_cut: Numbers
    refused: NDArray[np.int8]
    limit_class: Places


@compiled
def _find(root: Places, node: int) -> int:
    while root[node] != node:
        root[node] = root[root[node]]
        node = root[node]
    return node


@compiled
def _parts(forest: _Forest, cuts: Cuts, cut: int, x: int, y: int) -> bool:
    """Return whether a cut that still holds keeps the roots x and y (x < y) apart."""
    p, q = _find(forest.root, cuts.a[cut]), _find(forest.root, cuts.b[cut])
    return bool(forest.cut_holds[cut]) and min(p, q) == x and max(p, q) == y


@compiled
def _is_cut(forest: _Forest, wanted: _Wanted, cuts: Cuts, link: int, x: int, y: int) -> bool:
    """Return whether a cut refuses the link; evidence is refused by any, a merge by hand by those decided after it."""
    for cut in range(wanted.first_cut[link], wanted.last_cut[link]):
        if cuts.at[cut] > wanted.at[link] and _parts(forest, cuts, cut, x, y):
            return True
    return False


@compiled
def _end_cuts(forest: _Forest, wanted: _Wanted, cuts: Cuts, link: int, x: int, y: int) -> None:
    """End the cuts between x and y, which a later merge by hand joins."""
    for cut in range(wanted.first_cut[link], wanted.last_cut[link]):
        if _parts(forest, cuts, cut, x, y):
            forest.cut_holds[cut] = False


@compiled
def _class_over_limit(forest: _Forest, x: int, y: int) -> int:
    """Return a class that x and y together would hold too often, or -1."""
    one = forest.head[y]
    while one >= 0:
        kind, other = forest.limit_class[one], forest.head[x]
        while other >= 0:
            if forest.limit_class[other] == kind and forest.held[other] + forest.held[one] > forest.limit[kind]:
                return int(kind)
            other = forest.following[other]
        one = forest.following[one]
    return -1


@compiled
def _absorb(forest: _Forest, x: int, y: int) -> None:
    """Make y part of x, with its list: one entry per class stays."""
    forest.root[y] = x
    one = forest.head[y]
    while one >= 0:
        rest, other = forest.following[one], forest.head[x]
        while other >= 0 and forest.limit_class[other] != forest.limit_class[one]:
            other = forest.following[other]
        if other >= 0:
            forest.held[other] += forest.held[one]
        else:
            forest.following[one] = forest.head[x]
            forest.head[x] = one
        one = rest


@compiled
def _join(forest: _Forest, wanted: _Wanted, cuts: Cuts) -> None:
    for link in wanted.order:
        one, other = _find(forest.root, wanted.a[link]), _find(forest.root, wanted.b[link])
        x, y = min(one, other), max(one, other)
        if x == y:
            continue
        if _is_cut(forest, wanted, cuts, link, x, y):
            wanted.refused[link] = CUT
            continue
        kind = _class_over_limit(forest, x, y) if wanted.at[link] == BY_EVIDENCE else -1
        if kind >= 0:
            wanted.refused[link], wanted.limit_class[link] = OVER_LIMIT, kind
        else:
            _end_cuts(forest, wanted, cuts, link, x, y)
            _absorb(forest, x, y)
    for node in range(len(forest.root)):
        forest.root[node] = forest.root[forest.root[node]]
