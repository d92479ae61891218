"""The sample exports are what their maker makes, and their answers add up."""

import csv
import io
import re
from pathlib import Path

import pytest

from data.exports.make_samples import FOLDERS, HERE, samples
from quanyu.definitions.document import Document
from quanyu.definitions.strict_yaml import read_yaml

ENCODINGS = {"ExportOrderList": "gb18030", "jd_orders_1": "gb18030"}


def _expected(folder: str) -> Document:
    document, problems = read_yaml(HERE / folder / "EXPECTED.yaml", "EXPECTED.yaml")
    assert problems == [] and document is not None
    return document


def _text(path: Path) -> str:
    encoding = next((name for start, name in ENCODINGS.items() if path.name.startswith(start)), "utf-8-sig")
    return path.read_bytes().decode(encoding)


def test_the_maker_gives_the_committed_files_byte_for_byte() -> None:
    made = dict(samples())
    committed = {path.relative_to(HERE).as_posix() for folder in FOLDERS for path in (HERE / folder).iterdir()}
    assert set(made) == committed
    assert [name for name, content in made.items() if (HERE / name).read_bytes() != content] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_record_has_one_fate(folder: str) -> None:
    expected = _expected(folder).data
    for source in expected["sources"].values():
        records = sum(
            len(list(csv.reader(io.StringIO(_text(HERE / folder / name), newline="")))) - 1 for name in source["files"]
        )
        assert records == source["received"] == source["stored"] + source["quarantined"] + source["duplicate"]
    assert len(expected["quarantine"]) == sum(source["quarantined"] for source in expected["sources"].values())


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_refused_record_begins_on_the_line_that_is_named(folder: str) -> None:
    for entry in _expected(folder).data["quarantine"]:
        text = _text(HERE / folder / entry["file"])
        reader = csv.reader(io.StringIO(text, newline=""))
        starts = {1}
        for _ in reader:
            starts.add(reader.line_num + 1)
        assert entry["line"] in starts


def test_the_samples_hold_what_they_promise() -> None:
    raw = {path.name: _text(path) for folder in FOLDERS for path in (HERE / folder).glob("*.csv")}
    tmall = raw["ExportOrderList202510.csv"]
    assert all(trap in tmall for trap in ('"=""1930', ",'199", ",0元,", ",¥", '"=HYPERLINK', "\r\n合计,"))
    assert raw["jd_orders_1.csv"].count("订单号,商品ID") == 2
    assert re.search(r',"\d,\d{3}\.\d\d",', raw["jd_orders_1.csv"]) and '\r\n="1930' in raw["ExportOrderList202511.csv"]
    assert " +0200" in raw["orders_export.csv"] and "\n#1002,," in raw["orders_export.csv"]
    assert ",-1," in raw["pos_lines.csv"] and "\r\n0001,S01,2," in raw["pos_lines.csv"]
    assert "１９９" in raw["youzan_orders.csv"] and "号\n2单元" in raw["youzan_orders.csv"]
