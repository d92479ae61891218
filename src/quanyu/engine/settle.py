"""Plain SQL that engines read differently without an error, rewritten so that it means one thing.

Each rule exists because rows of `tests/conformance/semantics.yaml` disagreed between DuckDB and Spark without it.
"""

from collections.abc import Callable, Mapping
from typing import Final

from sqlglot import exp

BIGINT: Final = exp.DataType.build("BIGINT", dialect="duckdb")

# Letters that DuckDB and Java lower differently, Unicode 16's newest apart: dotted I, and sigma ending a word.
_LOWERED: Final = ("İΣ", "iσ")

Rule = Callable[[exp.Expr, str], exp.Expr]


def settle(tree: exp.Expr, dialect: str) -> exp.Expr:
    """Return the tree, changed in place, in which every node with a rule is replaced, inner nodes first."""
    done = tree
    for node in reversed(list(done.walk())):
        rule = _RULES.get(type(node))
        if rule is None:
            continue
        replaced = rule(node, dialect)
        if replaced is node:
            continue
        if node is done:
            done = replaced
        else:
            node.replace(replaced)
    return done


def _bigint(node: exp.Expr) -> exp.Expr:
    return exp.Cast(this=node.copy(), to=BIGINT.copy())


def _floor(node: exp.Expr, dialect: str) -> exp.Expr:
    """Floor gives BIGINT: DuckDB answers a double for a double, Spark an integer."""
    return _bigint(node)


def _length(node: exp.Expr, dialect: str) -> exp.Expr:
    """Spark counts characters in 32 bits, and a product of two such numbers can overflow."""
    return _bigint(node) if dialect == "spark" else node


def _window(node: exp.Expr, dialect: str) -> exp.Expr:
    """Spark numbers rows in 32 bits: `row_number() * 100` would fail from 21 million rows."""
    numbered = isinstance(node.this, exp.RowNumber | exp.Rank | exp.DenseRank)
    return _bigint(node) if dialect == "spark" and numbered else node


def _trim(node: exp.Expr, dialect: str) -> exp.Expr:
    """Trim takes off blanks only: DuckDB alone would also take the ideographic space."""
    if node.args.get("expression"):
        return node
    return exp.Trim(this=node.this.copy(), expression=exp.Literal.string(" "))


def _lower(node: exp.Expr, dialect: str) -> exp.Expr:
    if dialect != "spark":
        return node
    upper, lower = (exp.Literal.string(text) for text in _LOWERED)
    return exp.Lower(this=exp.Translate(this=node.this.copy(), from_=upper, to=lower))


def _substring(node: exp.Expr, dialect: str) -> exp.Expr:
    """A computed start below 1 counts as 1 and a computed length below 0 as 0; engines disagree on both."""
    start, length = node.args.get("start"), node.args.get("length")
    done = node.copy()
    if start is not None and not start.is_int:
        done.set("start", _at_least(start, 1))
    if length is not None and not length.is_int:
        done.set("length", _at_least(length, 0))
    return done


def _at_least(tree: exp.Expr, least: int) -> exp.Expr:
    number = exp.Literal.number(least)
    below = exp.LT(this=exp.Paren(this=tree.copy()), expression=number)
    # Spark's substring wants 32 bits; CASE and not greatest(), which would turn null into the bound.
    chosen = exp.Case(ifs=[exp.If(this=below, true=number.copy())], default=exp.Paren(this=tree.copy()))
    return exp.Cast(this=chosen, to=exp.DataType.build("INT", dialect="duckdb"))


def _order(node: exp.Expr, dialect: str) -> exp.Expr:
    """Nulls come last unless the text says first; a key put in by a builder carries no such mark yet."""
    if all(isinstance(key, exp.Ordered) for key in node.expressions):
        return node
    done = node.copy()
    keys = [key if isinstance(key, exp.Ordered) else _last(key) for key in done.expressions]
    done.set("expressions", keys)
    return done


def _last(key: exp.Expr) -> exp.Ordered:
    return exp.Ordered(this=key.copy(), desc=False, nulls_first=False)


_RULES: Final[Mapping[type[exp.Expr], Rule]] = {
    exp.Floor: _floor,
    exp.Length: _length,
    exp.Lower: _lower,
    exp.Order: _order,
    exp.Substring: _substring,
    exp.Trim: _trim,
    exp.Window: _window,
}
