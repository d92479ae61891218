"""The partition of identifiers into persons: a pure function of the set of evidence, the rules and the decisions.

Nothing here depends on the order in which evidence arrived, except the choice of the elder among identifiers that
belong together, which gives a person its id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from quanyu.identity.components import components
from quanyu.identity.constraints import (
    ACCEPTED,
    BY_EVIDENCE,
    Cuts,
    Links,
    decisions_predated,
    over_limit,
    resolve_links,
)
from quanyu.identity.decision import Decision, DecisionKind, in_force
from quanyu.identity.evidence import NEVER, Evidence, Flags, Numbers, Places
from quanyu.identity.rules import NO_LIMIT, IdentityRules

INERT_REASONS = ("", "junk", "shared", "deleted", "unlinked")
JUNK, SHARED, DELETED, UNLINKED = 1, 2, 3, 4
RULES = ("alone", "merged", "attached", "unattached", "manual", "inert")
ALONE, MERGED, ATTACHED, UNATTACHED, MANUAL, INERT = range(6)
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Evidence that was refused: ends, rows, why (OVER_LIMIT or CUT), and the limit class that refused it (or -1)."""

    a: Places
    b: Places
    rows: Numbers
    refused: NDArray[np.int8]
    limit_class: Places


@dataclass(frozen=True, slots=True)
class Partition:
    """For each identifier number: `person` (number of its elder, NOBODY when inert), `cluster` (elder of everything the
    merging evidence joins before any is refused; itself when it takes no part), `inert` (position in INERT_REASONS),
    `rule` (position in RULES); and what was refused.  `limit_type` gives the type code of a limit class, `limit_space`
    its namespace code.
    """

    person: Places
    cluster: Places
    inert: NDArray[np.int8]
    rule: NDArray[np.int8]
    conflicts: Conflicts
    limit_type: Numbers
    limit_space: Numbers


def partition(evidence: Evidence, rules: IdentityRules, decisions: Sequence[Decision]) -> Partition:
    """Return the persons of the evidence under the rules and the decisions in force."""
    holding = in_force(decisions)
    places = evidence.place_of(one for decision in holding for one in decision.identifiers)
    classes = _limit_classes(evidence, rules)
    inert = _inert(evidence, rules, holding, places)
    merging = rules.flags(lambda rule: rule.merging)[evidence.id_type] & (inert == 0)
    manual = _manual_merges(holding, places, inert)
    joins = merging[evidence.a] & merging[evidence.b]
    cluster = components(evidence.size, np.append(evidence.a[joins], manual.a), np.append(evidence.b[joins], manual.b))
    cuts = _cuts(holding, places)
    person, conflicts = _constrained(evidence, rules, _Graph(cluster, joins, classes, manual, cuts))
    by_hand = np.zeros(evidence.size, dtype=np.bool_)
    by_hand[manual.a] = by_hand[manual.b] = True
    attached = _attach(evidence, person, merging, (inert == 0) & ~merging & ~by_hand, cuts)
    is_attached = attached != NOBODY
    person = np.where(is_attached, attached, person)
    person[inert != 0] = NOBODY
    rule = _rule_of(person, inert, merging, by_hand, is_attached)
    return Partition(person, cluster, inert, rule, conflicts, classes.id_type, classes.namespace)


@dataclass(frozen=True, slots=True)
class _Classes:
    """Limit classes: the class of each identifier (-1: unlimited), and type, namespace and limit of each class."""

    of: Places
    id_type: Numbers
    namespace: Numbers
    limit: Numbers


def _limit_classes(evidence: Evidence, rules: IdentityRules) -> _Classes:
    limit = rules.numbers(lambda rule: rule.limit if rule.merging else None)
    width = max(len(evidence.namespaces), 1)
    limited = (limit != NO_LIMIT)[evidence.id_type]
    present = np.zeros((len(limit), width), dtype=np.bool_)
    present[evidence.id_type[limited], evidence.namespace[limited]] = True
    id_type, namespace = np.nonzero(present)
    number = np.full(present.shape, -1, dtype=np.int32)
    number[id_type, namespace] = np.arange(len(id_type), dtype=np.int32)
    return _Classes(number[evidence.id_type, evidence.namespace], id_type, namespace, limit[id_type])


def _inert(
    evidence: Evidence, rules: IdentityRules, holding: Sequence[Decision], places: dict[int, int]
) -> NDArray[np.int8]:
    """Return why each identifier identifies nobody (0: it does).  What is shared stays so, whatever was decided."""
    inert = np.zeros(evidence.size, dtype=np.int8)
    for kind, reason in ((DecisionKind.UNLINK, UNLINKED), (DecisionKind.FORGET, DELETED)):
        named = {one for decision in holding if decision.kind is kind for one in decision.identifiers}
        inert[[places[one] for one in named if one in places]] = reason
    junk = np.zeros(evidence.size, dtype=np.bool_)
    junk[list(evidence.place_of(rules.junk).values())] = True
    inert[_shared(evidence, rules, junk)] = SHARED
    inert[junk] = JUNK
    return inert


def _shared(evidence: Evidence, rules: IdentityRules, junk: Flags) -> Places:
    """Return the identifiers seen with more single-valued ids of one kind than their type may be shared by (I4)."""
    shared_limit = rules.numbers(lambda rule: rule.shared_limit)
    is_single = rules.flags(lambda rule: rule.merging and rule.limit == 1)[evidence.id_type] & ~junk
    may_share = (shared_limit != NO_LIMIT)[evidence.id_type]
    forth, back = may_share[evidence.a] & is_single[evidence.b], may_share[evidence.b] & is_single[evidence.a]
    hub = np.append(evidence.a[forth], evidence.b[back])
    single = np.append(evidence.b[forth], evidence.a[back])
    # Few identifiers have that many pairs at all; only theirs are counted exactly.
    crowded = np.bincount(hub, minlength=evidence.size) > shared_limit[evidence.id_type]
    near = crowded[hub]
    seen = np.unique(hub[near].astype(np.int64) * evidence.size + single[near])
    hub, single = seen // max(evidence.size, 1), seen % max(evidence.size, 1)
    width = max(len(evidence.namespaces), 1)
    kind = evidence.id_type[single].astype(np.int64) * width + evidence.namespace[single]
    kinds, count = np.unique(hub * (len(shared_limit) * width) + kind, return_counts=True)
    hub = kinds // (len(shared_limit) * width)
    return np.unique(hub[count > shared_limit[evidence.id_type[hub]]]).astype(np.int32)


@dataclass(frozen=True, slots=True)
class _Manual:
    """Manual merges as edges: the place of the decision in time, and the newest batch it knew (-1: none)."""

    a: Places
    b: Places
    at: Numbers
    known_seq: Numbers


def _manual_merges(holding: Sequence[Decision], places: dict[int, int], inert: NDArray[np.int8]) -> _Manual:
    found = [
        (places[decision.identifiers[0]], places[other], at, _known_seq(decision))
        for at, decision in enumerate(holding)
        if decision.kind is DecisionKind.MERGE
        for other in decision.identifiers[1:]
        if decision.identifiers[0] in places and other in places
    ]
    alive = [one for one in found if not inert[one[0]] and not inert[one[1]]]
    a, b, at, known_seq = np.array(alive, dtype=np.int64).reshape(-1, 4).T
    return _Manual(a.astype(np.int32), b.astype(np.int32), at, known_seq)


def _cuts(holding: Sequence[Decision], places: dict[int, int]) -> Cuts:
    found = [
        (places[one], places[other], at, _known_seq(decision))
        for at, decision in enumerate(holding)
        if decision.kind is DecisionKind.UNMERGE
        for one, other in combinations(decision.identifiers, 2)
        if one in places and other in places
    ]
    a, b, at, known_seq = np.array(found, dtype=np.int64).reshape(-1, 4).T
    return Cuts(a.astype(np.int32), b.astype(np.int32), at, known_seq)


def _known_seq(decision: Decision) -> int:
    return -1 if decision.known_seq is None else decision.known_seq


@dataclass(frozen=True, slots=True)
class _Graph:
    """Everything that joins or parts: clusters, which pairs merge, limits, merges and cuts by hand."""

    cluster: Places
    joins: Flags
    classes: _Classes
    manual: _Manual
    cuts: Cuts


def _constrained(evidence: Evidence, rules: IdentityRules, graph: _Graph) -> tuple[Places, Conflicts]:
    """Return the person of each identifier after clusters that break a rule are resolved, and what was refused."""
    cluster, classes, cuts = graph.cluster, graph.classes, graph.cuts
    cuts = cuts.taken(cluster[cuts.a] == cluster[cuts.b])
    broken = np.zeros(evidence.size, dtype=np.bool_)
    broken[over_limit(cluster, classes.of, classes.limit)] = True
    broken[cluster[cuts.a]] = True
    members = np.flatnonzero(broken[cluster])
    # Local numbers keep the order, so the smallest is still the elder.
    local = np.full(evidence.size, -1, dtype=np.int32)
    local[members] = np.arange(len(members), dtype=np.int32)
    links = _links(evidence, rules, graph, broken)
    resolution = resolve_links(
        local[cluster[members]],
        classes.of[members],
        classes.limit,
        links._replace(a=local[links.a], b=local[links.b]),
        cuts._replace(a=local[cuts.a], b=local[cuts.b]),
    )
    person = cluster.copy()
    person[members] = members[resolution.root]
    return person, _conflicts(links, person, resolution.refused, resolution.limit_class)


def _links(evidence: Evidence, rules: IdentityRules, graph: _Graph, broken: Flags) -> Links:
    """Return the links of the broken clusters: evidence summed per pair and age, and manual merges."""
    cluster, manual, cuts = graph.cluster, graph.manual, graph.cuts
    chosen = np.flatnonzero(graph.joins & broken[cluster[evidence.a]])
    decided = np.append(cluster[cuts.a], cluster[manual.a]), np.append(cuts.known_seq, manual.known_seq)
    younger = decisions_predated(cluster[evidence.a[chosen]], evidence.first_seq[chosen], *decided)
    low, high = np.minimum(evidence.a[chosen], evidence.b[chosen]), np.maximum(evidence.a[chosen], evidence.b[chosen])
    order = np.lexsort((high, low, younger))
    low, high, younger, rows = low[order], high[order], younger[order], evidence.rows[chosen][order]
    starts = np.flatnonzero(
        np.append(True, (low[1:] != low[:-1]) | (high[1:] != high[:-1]) | (younger[1:] != younger[:-1]))[: len(low)]
    )
    rows = np.add.reduceat(rows, starts) if len(starts) else rows
    ours = broken[cluster[manual.a]]
    a, b = np.append(low[starts], manual.a[ours]), np.append(high[starts], manual.b[ours])
    added = int(ours.sum())
    priority = rules.numbers(lambda rule: rule.priority)[evidence.id_type]
    return Links(
        a=a,
        b=b,
        at=np.append(np.full(len(starts), BY_EVIDENCE), manual.at[ours]),
        younger=np.append(
            younger[starts], decisions_predated(cluster[manual.a[ours]], manual.known_seq[ours], *decided)
        ),
        strong=np.minimum(priority[a], priority[b]),
        weak=np.maximum(priority[a], priority[b]),
        rows=np.append(rows, np.zeros(added, dtype=np.int64)),
        low_id=np.minimum(evidence.identifier_id[a], evidence.identifier_id[b]),
        high_id=np.maximum(evidence.identifier_id[a], evidence.identifier_id[b]),
    )


def _conflicts(links: Links, person: Places, refused: NDArray[np.int8], limit_class: Places) -> Conflicts:
    """Return one conflict per refused pair of evidence; a pair of several ages adds its rows.

    A pair that a later merge by hand made one person is no conflict any more.
    """
    apart = person[links.a] != person[links.b]
    told = np.flatnonzero((refused != ACCEPTED) & (links.at == BY_EVIDENCE) & apart)
    told = told[np.lexsort((links.younger[told], links.b[told], links.a[told]))]
    a, b = links.a[told], links.b[told]
    starts = np.flatnonzero(np.append(True, (a[1:] != a[:-1]) | (b[1:] != b[:-1]))[: len(a)])
    rows = np.add.reduceat(links.rows[told], starts) if len(starts) else links.rows[told]
    return Conflicts(a[starts], b[starts], rows, refused[told][starts], limit_class[told][starts])


def _attach(evidence: Evidence, person: Places, strong: Flags, weak: Flags, cuts: Cuts) -> Places:
    """Return for each weak identifier the person of its latest strong companion (ties: smallest id), else NOBODY."""
    forth, back = weak[evidence.a] & strong[evidence.b], weak[evidence.b] & strong[evidence.a]
    one = np.append(evidence.a[forth], evidence.b[back])
    other = np.append(evidence.b[forth], evidence.a[back])
    at = np.append(evidence.last_at[forth], evidence.last_at[back])
    for p, q in ((cuts.a, cuts.b), (cuts.b, cuts.a)):
        for apart, kept in zip(p, q, strict=True):
            if weak[apart]:
                allowed = (one != apart) | (person[other] != person[kept])
                one, other, at = one[allowed], other[allowed], at[allowed]
    latest = np.full(evidence.size, NEVER)
    np.maximum.at(latest, one, at)
    is_latest = at == latest[one]
    one, other = one[is_latest], other[is_latest]
    smallest = np.full(evidence.size, np.iinfo(np.int64).max)
    np.minimum.at(smallest, one, evidence.identifier_id[other])
    chosen = evidence.identifier_id[other] == smallest[one]
    attached = np.full(evidence.size, NOBODY, dtype=np.int32)
    attached[one[chosen]] = person[other[chosen]]
    return attached


def _rule_of(
    person: Places, inert: NDArray[np.int8], merging: Flags, by_hand: Flags, attached: Flags
) -> NDArray[np.int8]:
    """Return by which rule each identifier belongs to its person; a later line goes before an earlier one."""
    together = np.bincount(person[(person != NOBODY) & ~attached], minlength=len(person)) > 1
    rule = np.where(together[person], MERGED, ALONE).astype(np.int8)
    rule[~merging] = UNATTACHED
    rule[attached] = ATTACHED
    rule[by_hand & together[person]] = MANUAL
    rule[inert != 0] = INERT
    return rule
