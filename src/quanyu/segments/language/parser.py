"""Reads tokens into the typed tree of a text; every condition that cannot be read is reported, and reading goes on.

condition  = and-part { "or" and-part }          and-part = part { "and" part }
part       = "not" part | "(" condition ")" | comparison
comparison = term [ sign operand | [ "not" ] "in" list | "is" [ "not" ] ( "set" | "empty" ) | word operand ]
term       = name [ "(" arguments ")" ] [ "[" condition "]" ] { "." name … }
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeVar

from quanyu.segments.language.lexer import Kind, Span, Token, tokens_of
from quanyu.segments.language.syntax import (
    Argument,
    Between,
    Broken,
    Comparison,
    Group,
    Listed,
    Literal,
    Node,
    Not,
    Null,
    Operand,
    Step,
    Term,
)
from quanyu.segments.language.trouble import Troubles, shown

MAX_TEXT: Final = 20_000
MAX_PARTS: Final = 300
MAX_LIST: Final = 10_000
MAX_DEPTH: Final = 12
_MAX_LOOKED_AT: Final = 1_000_000

_SIGNS: Final = ("=", "!=", ">", ">=", "<", "<=")
_TEXT_WORDS: Final = ("contains", "starts_with")
_ARITHMETIC: Final = ("+", "-", "*", "/")

T = TypeVar("T")


class _Unreadable(Exception):
    """The condition at hand cannot be read; what is wrong is reported already."""


class _TooDeep(Exception):
    """The text nests deeper than anything may."""


def parse(text: str, troubles: Troubles) -> Node | None:
    """Return the tree of a text; None when there is nothing to go on with.  What is wrong goes to `troubles`."""
    if len(text) > MAX_TEXT:
        _say_too_long(text, troubles)
        return None
    tokens = tokens_of(text, troubles)
    if len(tokens) == 1:
        if not troubles.refused:
            troubles.add(0, "empty", "Write a condition, e.g. `orders.count(90d) >= 2`.")
        return None
    try:
        return _Parser(tokens, troubles).read_all()
    except _TooDeep:
        message = f"Deeper than {MAX_DEPTH} levels."
        troubles.add(0, "depth", message, "Take brackets and NOTs apart, or make a segment of a part.")
        return None


def _say_too_long(text: str, troubles: Troubles) -> None:
    """Say what makes a text too long, where that can be seen without reading it as a whole."""
    if len(text) <= _MAX_LOOKED_AT:
        tokens = tokens_of(text, Troubles(text))
        check_list(_longest_list(tokens), 0, troubles)
        check_parts(1 + sum(token.is_("and", "or") for token in tokens), troubles)
    if not troubles.refused:
        troubles.add(0, "too_long", f"Longer than {MAX_TEXT:,} characters.", "Make segments of its parts.")


def _longest_list(tokens: list[Token]) -> int:
    longest = items = 0
    for token in tokens:
        items = 1 if token.is_("[") else items + token.is_(",")
        longest = max(longest, items)
    return longest


def check_list(items: int, at: int, troubles: Troubles) -> None:
    """Refuse a list of more values than a rule may name."""
    if items > MAX_LIST:
        troubles.add(at, "list_size", f"{items:,} values; limit {MAX_LIST:,}; upload a list instead.")


def check_parts(parts: int, troubles: Troubles) -> None:
    """Refuse a rule of more conditions than it may have."""
    if parts > MAX_PARTS:
        troubles.add(0, "size", f"{parts:,} parts; limit {MAX_PARTS}.", "Make segments of its parts, and name those.")


class _Parser:
    """One reading of the tokens; every method begins at the first token of what it reads and ends behind it."""

    def __init__(self, tokens: list[Token], troubles: Troubles) -> None:
        self.tokens = tokens
        self.troubles = troubles
        self.next = 0
        self.depth = 0
        self.parts = 0

    @property
    def here(self) -> Token:
        return self.tokens[self.next]

    @property
    def at_end(self) -> bool:
        return self.next == len(self.tokens) - 1

    def take(self) -> Token:
        token = self.here
        self.next += not self.at_end
        return token

    def skip(self, *texts: str) -> bool:
        found = self.here.is_(*texts)
        self.next += found
        return found

    def fail(self, at: int, what: str, code: str = "syntax", remedy: str = "") -> _Unreadable:
        self.troubles.add(at, code, f"{self.troubles.place(at)}: {what}", remedy)
        return _Unreadable()

    def within(self, read: Callable[[], T]) -> T:
        """Read something one level deeper."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _TooDeep
        found = read()
        self.depth -= 1
        return found

    def read_all(self) -> Node:
        node = self.condition()
        while not self.at_end:
            token = self.take()
            if token.is_(")", "]"):
                place = self.troubles.place(token.at).lower()
                self.troubles.add(token.at, "paren", f'The "{token.text}" at {place} closes nothing.')
            while self.skip("and", "or", ")", "]"):
                pass
            if not self.at_end:
                self.condition()
        check_parts(self.parts, self.troubles)
        return node

    def condition(self) -> Node:
        return self.joined("or", lambda: self.joined("and", self.part))

    def joined(self, word: str, read: Callable[[], Node]) -> Node:
        first = read()
        parts = [first]
        while self.skip(word):
            parts.append(read())
        return first if len(parts) == 1 else Group(word, tuple(parts), first.at)

    def part(self) -> Node:
        token = self.here
        if token.is_("not"):
            self.take()
            return Not(self.within(self.part), token.at)
        if token.is_("("):
            return self.bracket(")")
        depth, self.parts = self.depth, self.parts + 1
        try:
            found = self.comparison()
            self.expect_end_of_condition()
        except _Unreadable:
            self.depth = depth
            self.leave_out()
            return Broken(token.at)
        return found

    def bracket(self, closing: str) -> Node:
        opening = self.take()
        found = self.within(self.condition)
        if not self.skip(closing):
            place = self.troubles.place(opening.at).lower()
            self.troubles.add(opening.at, "paren", f'The "{opening.text}" at {place} is not closed.')
        return found

    def leave_out(self) -> None:
        """Go to where the next condition begins or the bracket around this one ends."""
        open_ = 0
        while self.here.kind is not Kind.END:
            if open_ == 0 and self.here.is_("and", "or", ")", "]"):
                return
            open_ += self.here.is_("(", "[") - self.here.is_(")", "]")
            self.take()

    def expect_end_of_condition(self) -> None:
        token = self.here
        if token.kind is Kind.END or token.is_("and", "or", ")", "]"):
            return
        remedy = "Join conditions with and, or." if token.kind is Kind.NAME else ""
        raise self.fail(token.at, f'"{shown(token.text)}" is not expected here.', remedy=remedy)

    def comparison(self) -> Comparison:
        token = self.here
        if token.kind is not Kind.NAME:
            raise self.refuse_start(token)
        first = self.next
        term = self.term()
        sign = self.here
        if sign.is_(*_ARITHMETIC):
            raise self.refuse_arithmetic(term, _written(self.tokens[first : self.next]), sign)
        if sign.is_(*_SIGNS, *_TEXT_WORDS):
            self.take()
            return Comparison(term, sign.text, self.value_after(sign), token.at, sign.at)
        if sign.is_("is"):
            return self.is_known(term)
        negated = self.skip("not")
        if negated or self.here.is_("in"):
            return self.is_in(term, sign, "not in" if negated else "in")
        if sign.kind is Kind.NAME and self.tokens[self.next + 1].kind in (Kind.TEXT, Kind.NUMBER):
            raise self.refuse_operator(sign)
        return Comparison(term, "", None, token.at, term.at)

    def refuse_start(self, token: Token) -> _Unreadable:
        if token.kind in (Kind.NUMBER, Kind.SPAN, Kind.DATE):
            what = "day" if token.kind is Kind.DATE else "number"
            return self.fail(token.at, f"compare a field, not a {what}.")
        if token.kind is Kind.TEXT:
            return self.fail(token.at, "a field name is expected.", remedy="Field names stand without quotes.")
        if token.kind is Kind.END or token.is_(")", "]"):
            return self.fail(token.at, "a condition is missing.")
        return self.fail(token.at, f'"{shown(token.text)}" is not expected here.')

    def refuse_operator(self, sign: Token) -> _Unreadable:
        message = f'"{shown(sign.text)}" does not exist; use contains, starts_with.'
        self.troubles.add(sign.at, "unknown_operator", message)
        return _Unreadable()

    def refuse_arithmetic(self, term: Term, written: str, sign: Token) -> _Unreadable:
        remedy = "Compare each with the number itself."
        if sign.is_("/") and term.steps[-1].name == "sum":
            remedy = f"Use {shown(written.replace('.sum(', '.avg('))}."
        self.troubles.add(sign.at, "arithmetic", f'"{sign.text}" is not part of the language.', remedy)
        return _Unreadable()

    def is_known(self, term: Term) -> Comparison:
        sign = self.take()
        negated = self.skip("not")
        word = self.take()
        if word.is_("null"):
            place = "set" if negated else "empty"
            self.troubles.add(word.at, "null", f"Use `{shown(_name_of(term))} is {place}`.")
            raise _Unreadable
        if not word.is_("set", "empty"):
            raise self.fail(word.at, 'after "is" stands set or empty.')
        known = word.is_("set") is not negated
        return Comparison(term, "is set" if known else "is empty", None, term.at, sign.at)

    def is_in(self, term: Term, first: Token, sign: str) -> Comparison:
        if not self.skip("in"):
            raise self.fail(self.here.at, 'after "not" stands in.')
        if not self.here.is_("["):
            raise self.fail(self.here.at, "a list in square brackets is expected.", remedy='Write in ["a", "b"].')
        return Comparison(term, sign, self.listed(), term.at, first.at)

    def value_after(self, sign: Token) -> Operand:
        if self.here.kind is Kind.END or self.here.is_("and", "or", ")", "]"):
            raise self.fail(sign.end, f'a value is missing after "{sign.text}".')
        value = self.operand()
        if isinstance(value, Literal) and isinstance(value.value, int):
            self.refuse_thousands(value)
        if self.here.is_(*_ARITHMETIC):
            self.troubles.add(self.here.at, "arithmetic", "Write the number itself.")
            raise _Unreadable
        return value

    def refuse_thousands(self, value: Literal) -> None:
        """Refuse 1,000: a comma and three digits without a space behind a number."""
        end, written = value.end, value.raw
        while self.here.is_(",") and self.here.at == end:
            after = self.tokens[self.next + 1]
            if after.kind is not Kind.NUMBER or after.at != end + 1 or len(after.text.split(".")[0]) != 3:
                break
            self.next += 2
            written += "," + after.text
            end = after.end
        if end != value.end:
            self.troubles.add(value.at, "syntax", f"Remove the comma in {shown(written)}.")
            raise _Unreadable

    def term(self) -> Term:
        at = self.here.at
        steps = [self.step()]
        while self.skip("."):
            if self.here.kind not in (Kind.NAME, Kind.WORD):
                raise self.fail(self.here.at, 'a name is missing after ".".')
            steps.append(self.step())
        return Term(tuple(steps), at)

    def step(self) -> Step:
        token = self.take()
        arguments = self.arguments() if self.here.is_("(") else None
        where = self.bracket("]") if self.here.is_("[") else None
        return Step(token.text, token.at, arguments, where)

    def arguments(self) -> tuple[Argument, ...]:
        opening = self.take()
        found: list[Argument] = []
        if self.skip(")"):
            return ()
        while True:
            found.append(self.within(self.argument))
            if self.skip(")"):
                return tuple(found)
            if not self.skip(","):
                break
        if self.here.kind is Kind.END:
            place = self.troubles.place(opening.at).lower()
            self.troubles.add(opening.at, "paren", f'The "(" at {place} is not closed.')
            raise _Unreadable
        raise self.fail(self.here.at, f'"{shown(self.here.text)}" is not expected here.')

    def argument(self) -> Argument:
        token = self.here
        name = None
        if token.kind in (Kind.NAME, Kind.WORD) and self.tokens[self.next + 1].is_(":"):
            self.next += 2
            name = token.text
        return Argument(name, self.operand(), token.at)

    def operand(self) -> Operand:
        token = self.here
        if token.is_("["):
            return self.listed()
        if token.is_("null"):
            self.take()
            return Null(token.at)
        if token.kind is Kind.NAME:
            return self.term()
        low = self.literal()
        if self.skip(".."):
            return Between(low, self.literal(), token.at)
        return low

    def listed(self) -> Listed:
        opening = self.take()
        items: list[Operand] = []
        while not self.skip("]"):
            if items and not self.skip(","):
                what = f'"{shown(self.here.text)}" is not expected here.'
                closed = self.here.kind is not Kind.END
                raise self.fail(self.here.at, what) if closed else self.unclosed(opening)
            items.append(self.operand() if self.here.kind is Kind.NAME else self.literal())
        check_list(len(items), opening.at, self.troubles)
        return Listed(tuple(items), opening.at)

    def unclosed(self, opening: Token) -> _Unreadable:
        place = self.troubles.place(opening.at).lower()
        self.troubles.add(opening.at, "paren", f'The "{opening.text}" at {place} is not closed.')
        return _Unreadable()

    def literal(self) -> Literal:
        first = self.here
        is_negative = self.skip("-")
        token = self.take()
        wanted = (Kind.NUMBER, Kind.SPAN) if is_negative else (Kind.TEXT, Kind.NUMBER, Kind.SPAN, Kind.DATE)
        if token.kind not in wanted:
            raise self.fail(token.at, "a value is expected.", remedy='Text stands in quotes: "…".')
        value = token.value
        if is_negative and isinstance(value, Span):
            value = Span(-value.count, value.unit)
        elif is_negative and isinstance(value, int | Decimal):
            value = -value
        return Literal(value, ("-" if is_negative else "") + token.text, first.at, token.end)


def _name_of(term: Term) -> str:
    return ".".join(step.name for step in term.steps)


def _written(tokens: list[Token]) -> str:
    text = "".join(token.text for token in tokens)
    return text.replace(",", ", ")
