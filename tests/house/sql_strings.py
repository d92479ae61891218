"""Finds SQL that is put together from text, which is how wrong rows and injected statements come about."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from house.source import modules

# A statement's beginning in the house's spelling, or an unmistakable statement in any.
_SQL = re.compile(
    r"^\s*\(?\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|WITH)\b"
    r"|\bSELECT\b.*\bFROM\b|\bINSERT\s+(OR\s+\w+\s+)?INTO\b|\bDELETE\s+FROM\b"
    r"|\bCREATE\s+(OR\s+REPLACE\s+)?(TEMP\w*\s+)?(TABLE|VIEW|SCHEMA|INDEX|MACRO|SEQUENCE)\b|\bUPDATE\b.*\bSET\b"
    r"|^\s*(select\b.*\bfrom|insert\s+into|delete\s+from|create\s+(or\s+replace\s+)?(temp\w*\s+)?(table|view|schema)"
    r"|update\b.*\bset)\b",
    re.DOTALL,
)
_GAP = "\N{OBJECT REPLACEMENT CHARACTER}"


def _shape(node: ast.expr) -> str:
    """The text an expression is known to hold, with a mark where a value is put in."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else _GAP
    if isinstance(node, ast.JoinedStr):
        return "".join(_shape(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _shape(node.left) + _shape(node.right)
    if isinstance(node, ast.List | ast.Tuple):
        return " ".join(_shape(part) for part in node.elts)
    return _GAP


def _is_formatting(node: ast.AST) -> bool:
    """Whether the expression makes a text out of parts that are not all written there."""
    if isinstance(node, ast.JoinedStr):
        return bool(_SQL.search(_shape(node))) and _GAP in _shape(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return bool(_SQL.search(_shape(node))) and _GAP in _shape(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return bool(_SQL.search(_shape(node.left)))
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        return bool(_SQL.search(_shape(node.value)))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        holder, shapes = _shape(node.func.value), [_shape(argument) for argument in node.args]
        if node.func.attr in {"format", "format_map"}:
            return bool(_SQL.search(holder))
        if node.func.attr == "join":
            return any(_SQL.search(shape) and _GAP in shape for shape in shapes)
    return False


def _is_message(node: ast.AST) -> bool:
    """Whether the call makes a sentence for people, which may well speak of SELECT."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name.lower().endswith(("problem", "error", "fault"))


def _walk(node: ast.AST, place: str) -> Iterator[tuple[str, int]]:
    if _is_message(node):
        return
    if _is_formatting(node):
        yield place, node.lineno
        return
    for child in ast.iter_child_nodes(node):
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        yield from _walk(child, f"{place}{'.' if not place.endswith(':') else ''}{child.name}" if named else place)


def faults(package: Path) -> list[str]:
    """Every place where SQL is formatted: `file.py:Class.function line n`."""
    return [
        f"{place.removesuffix(':')} line {line}"
        for module in modules(package)
        for place, line in _walk(module.tree, f"{module.place}:")
    ]
