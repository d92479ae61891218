"""The certificate of a deletion: every table and file, its rows of the person before and after, and its own hash."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, Final

from quanyu.errors import Problem, UserError

FORMAT: Final = "quanyu deletion certificate 1"

_WORDS: Final = {
    "request_id": ("请求编号", "Request"),
    "law": ("适用法律", "Law"),
    "person_mark": ("个人标记(密钥哈希)", "Mark of the person (keyed hash)"),
    "received_at": ("收到时间", "Received"),
    "started_at": ("开始时间", "Begun"),
    "finished_at": ("完成时间", "Done"),
    "actor": ("执行人", "Done by"),
    "identifiers": ("标识数量", "Identifiers"),
    "not_searched": ("过短、仅按整格比对的值", "Values too short to be searched for inside texts"),
    "sha256": ("证明书哈希 SHA-256", "SHA-256 of this certificate"),
}
_METHODS: Final = {
    "removed": ("删除行", "rows removed"),
    "cut": ("切断个人关联, 保留匿名交易", "link to the person cut, anonymous rows kept"),
    "emptied": ("清空内容", "emptied"),
    "rewritten": ("重写文件", "file written anew"),
    "dropped": ("整表删除", "table dropped"),
    "gone": ("已不存在", "gone"),
    "kept": ("依法保留操作记录", "kept as proof of what was done"),
    "made since": ("之后新建", "made since"),
    "nothing there": ("无", "nothing there"),
}


@dataclass(frozen=True, slots=True)
class TableProof:
    """One table or file: rows of the person before and after (None: it is gone), and by which method."""

    name: str
    rows_before: int
    rows_after: int | None
    method: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was deleted, and proof that nothing is left; holds no value of the person.  Times are UTC, totals in fen."""

    request_id: int
    law: str
    person_mark: str
    received_at: datetime
    started_at: datetime
    finished_at: datetime
    actor: str
    identifiers: int
    not_searched: int
    totals: dict[str, int]
    tables: tuple[TableProof, ...]

    @property
    def body(self) -> dict[str, Any]:
        """Return everything it says, ready for JSON."""
        said = {"format": FORMAT, **asdict(self)}
        for name in ("received_at", "started_at", "finished_at"):
            said[name] = said[name].astimezone(UTC).isoformat(timespec="seconds")
        said["tables"] = [asdict(one) for one in self.tables]
        return said

    @property
    def sha256(self) -> str:
        """Return the hash (hex) of what it says."""
        return _hash_of(self.body)


def write_certificate(folder: Path, certificate: Certificate) -> Path:
    """Write the certificate as JSON and as a page to print, and return the path of the JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"certificate-{certificate.request_id:06d}.json"
    said = {**certificate.body, "sha256": certificate.sha256}
    path.write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
    path.with_suffix(".html").write_text(_page(said), encoding="utf-8")
    return path


def check_certificate(path: Path) -> dict[str, Any]:
    """Return what a certificate says; raises UserError `privacy.certificate` when it is not what was written."""
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        is_whole = said.pop("sha256") == _hash_of(said)
    except (OSError, ValueError, KeyError, AttributeError):
        is_whole = False
        said = {}
    if not is_whole:
        message = f"{path.name[:60]} is no certificate, or was changed."
        raise UserError(Problem("privacy.certificate", message, "Take the original; the store holds its hash."))
    return said


def _hash_of(said: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _page(said: dict[str, Any]) -> str:
    """Return the page: one table of facts, one of tables; Chinese and English beside each other."""
    facts = "".join(_row(*(f"{zh} · {en}", said[name])) for name, (zh, en) in _WORDS.items())
    totals = "".join(_row(name, f"{value:,}") for name, value in said["totals"].items())
    tables = "".join(
        _row(one["name"], one["rows_before"], "—" if one["rows_after"] is None else one["rows_after"], _method(one))
        for one in said["tables"]
    )
    heads = _row("表或文件 · Table or file", "之前 · Before", "之后 · After", "方式 · Method").replace("td>", "th>")
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8"><title>个人信息删除证明 · Certificate of deletion</title>'
        "<style>body{font:14px/1.6 sans-serif;max-width:60em;margin:2em auto}table{border-collapse:collapse;width:100%}"
        "td,th{border-bottom:1px solid #ccc;padding:.2em .6em;text-align:left}</style>"
        f"<h1>个人信息删除证明<br>Certificate of deletion</h1><table>{facts}</table>"
        f"<h2>销售合计(分), 删除前后相同 · Totals of sales (fen), the same before and after</h2><table>{totals}</table>"
        f"<h2>逐表核查 · Every table and file</h2><table>{heads}{tables}</table></html>"
    )


def _method(one: dict[str, Any]) -> str:
    return " · ".join(_METHODS.get(one["method"], (one["method"], one["method"])))


def _row(*cells: object) -> str:
    return f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>"
