"""The rules of identity told a second time, slowly, over plain sets: the oracle of the property tests."""

from collections import defaultdict
from itertools import combinations

from quanyu.identity.decision import Decision, DecisionKind, in_force
from quanyu.identity.rules import IdentityRules


def reference_persons(
    identifiers: list[dict], pairs: list[dict], rules: IdentityRules, decisions: list[Decision]
) -> dict[int, int | None]:
    """Return identifier id → person id (None: inert)."""
    told = {row["identifier_id"]: row for row in identifiers}
    rule = {one.id_type: one for one in rules.rules}
    rule_of = {one: rule[row["id_type"]] for one, row in told.items()}
    pairs = [row for row in pairs if row["identifier_a"] in told and row["identifier_b"] in told]
    pairs = [row for row in pairs if row["identifier_a"] != row["identifier_b"]]
    holding = in_force(decisions)
    inert = _inert(told, rule_of, pairs, rules, holding)
    strong = {one for one in told if rule_of[one].merging and one not in inert}
    elder_key = {one: (not rule_of[one].merging, row["first_batch_seq"], one) for one, row in told.items()}
    merges, cuts = _by_hand(holding, told, inert)
    merging_pairs = [row for row in pairs if {row["identifier_a"], row["identifier_b"]} <= strong]
    groups = _join(told, rule_of, merging_pairs, merges, cuts)
    person = {one: min(group, key=elder_key.get) for group in groups for one in group}
    named = {one for _, one, other, _ in merges for one in (one, other)}
    weak = [one for one in told if one not in strong and one not in inert and one not in named]
    person |= {one: _attached(one, pairs, strong, person, cuts) for one in weak}
    return {one: None if one in inert else person[one] for one in told}


def _inert(told, rule_of, pairs, rules, holding) -> set[int]:
    seen = defaultdict(set)
    for row in pairs:
        for one, other in ((row["identifier_a"], row["identifier_b"]), (row["identifier_b"], row["identifier_a"])):
            if rule_of[other].merging and rule_of[other].limit == 1 and other not in rules.junk:
                seen[one, rule_of[other].id_type, told[other]["namespace"]].add(other)
    shared = {key[0] for key, ids in seen.items() if len(ids) > (rule_of[key[0]].shared_limit or float("inf"))}
    out = {DecisionKind.UNLINK, DecisionKind.FORGET}
    unlinked = {one for decision in holding if decision.kind in out for one in decision.identifiers}
    return (shared | unlinked | set(rules.junk)) & set(told)


def _by_hand(holding, told, inert):
    merges, cuts = [], []
    for at, decision in enumerate(holding):
        known_seq = -1 if decision.known_seq is None else decision.known_seq
        if decision.kind is DecisionKind.MERGE:
            first = decision.identifiers[0]
            others = [other for other in decision.identifiers[1:] if {first, other} <= set(told) - inert]
            merges += [(at, first, other, known_seq) for other in others]
        if decision.kind is DecisionKind.UNMERGE:
            both = [set(ends) <= set(told) for ends in combinations(decision.identifiers, 2)]
            ends = combinations(decision.identifiers, 2)
            cuts += [[at, *two, known_seq] for two, known in zip(ends, both, strict=True) if known]
    return merges, cuts


def _join(told, rule_of, pairs, merges, cuts):
    raw = {one: {one} for one in told}
    for one, other in [(row["identifier_a"], row["identifier_b"]) for row in pairs] + [m[1:3] for m in merges]:
        _unite(raw, one, other)
    evidence = defaultdict(int)

    def age(one, seq):
        return sum(seq > decided[3] for decided in [*cuts, *merges] if set(decided[1:3]) <= raw[one])

    for row in pairs:
        key = age(row["identifier_a"], row["first_batch_seq"]), row["identifier_a"], row["identifier_b"]
        evidence[key] += row["evidence"]

    def rank(item):
        (age, one, other), rows = item
        priorities = sorted((rule_of[one].priority, rule_of[other].priority))
        return age, priorities[1], priorities[0], -rows, min(one, other), max(one, other)

    links = [((key[0], False), None, *key[1:]) for key, _ in sorted(evidence.items(), key=rank)]
    links += [((age(one, known), True), at, one, other) for at, one, other, known in merges]
    group, holds = {one: {one} for one in told}, list(cuts)
    for _, at, one, other in sorted(links, key=lambda link: link[0]):
        if group[one] is group[other]:
            continue
        left, right = group[one], group[other]
        parted = [cut for cut in holds if len(left & set(cut[1:3])) == len(right & set(cut[1:3])) == 1]
        if any(at is None or cut[0] > at for cut in parted):
            continue
        holds = [cut for cut in holds if cut not in parted]
        if at is None and _over(told, rule_of, group[one], group[other]):
            continue
        _unite(group, one, other)
    return {id(one): one for one in group.values()}.values()


def _over(told, rule_of, left, right) -> bool:
    def held(group):
        count = defaultdict(int)
        for one in group:
            if rule_of[one].merging and rule_of[one].limit is not None:
                count[rule_of[one].id_type, told[one]["namespace"]] += 1
        return count

    ours, theirs = held(left), held(right)
    limit = {rule_of[one].id_type: rule_of[one].limit for one in left | right}
    return any(ours[key] + theirs[key] > limit[key[0]] for key in ours.keys() & theirs.keys())


def _unite(group, one, other) -> None:
    joined = group[one] | group[other]
    for member in joined:
        group[member] = joined


def _attached(one, pairs, strong, person, cuts):
    seen = []
    for row in pairs:
        ends = {row["identifier_a"], row["identifier_b"]}
        if one in ends and (ends - {one}) <= strong:
            other = (ends - {one}).pop()
            apart = [({cut[1], cut[2]} - {one}).pop() for cut in cuts if one in cut[1:3]]
            if all(person.get(kept) != person[other] for kept in apart):
                seen.append((row["last_occurred_at"], -other, person[other]))
    return max(seen)[2] if seen else one
