"""Rows Y01-Y36 of the bad-input table that are about reading, and the promise that no bytes raise."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quanyu.definitions.scalar import read_plain
from quanyu.definitions.strict_yaml import MAX_BYTES, MAX_DEPTH, parse_yaml
from quanyu.errors import Severity, Where

# id, what is written, code, line, a fragment of message or remedy
ROWS = [
    ("Y01", "quiet:\n  a: x\n\tb: y\n", "yaml.tab", 3, "Use spaces, not tabs."),
    ("Y02", "start: a\nend: b\nstart: c\n", "yaml.duplicate_key", 3, '"start" is already set on line 1.'),
    ("Y04", "quiet:\n  start: 22:00\n", "config.time", 2, 'Write times in quotes: "22:00".'),
    ("Y07", "a: x\ncountry: NO\n", "config.type", 2, '"NO"'),
    ("Y08", "on: x\n", "yaml.key_type", 1, '"on"'),
    ("Y08", "12: x\n", "yaml.key_type", 1, '"12"'),
    ("Y08", "? [a]\n: x\n", "yaml.key_type", 1, "A key must be text."),
    ("Y09", "code: 0123\n", "config.type", 1, 'Quote codes: "0123".'),
    ("Y12", "rate: 1e3\n", "config.type", 1, "Write 1000,"),
    ("Y13", "limit: 12_000\n", "config.type", 1, "Write 12000,"),
    ("Y14", "id: 0o17\n", "config.type", 1, 'Quote this id: "0o17".'),
    ("Y14", "id: 0x1F\n", "config.type", 1, 'Quote this id: "0x1F".'),
    ("Y15", "date: 2026-02-30\n", "config.date", 1, "no such day"),
    ("Y16", "n: .nan\n", "config.number", 1, "finite"),
    ("Y16", "n: -.inf\n", "config.number", 1, "finite"),
    ("Y17", "percent: 30%\n", "config.type", 1, "Write 0.3,"),
    ("Y18", "amount: 1,000\n", "config.type", 1, "Write 1000,"),
    ("Y19", "a: !!python/object/apply:os.system [ls]\n", "yaml.tag", 1, "Tags (!…) are not allowed."),
    ("Y19", "a: !!str x\n", "yaml.tag", 1, "Tags (!…) are not allowed."),
    ("Y20", "a: x\nb: !include secrets.yml\n", "yaml.tag", 2, "Includes are not supported."),
    ("Y21", "a: &x [b]\n", "yaml.alias", 1, "Anchors and aliases are not allowed."),
    ("Y21", "a: *x\n", "yaml.alias", 1, "Anchors and aliases are not allowed."),
    ("Y22", "a:\n  <<: {b: c}\n", "yaml.alias", 2, "Merge keys are not allowed."),
    ("Y23", "a: b\n---\nc: d\n", "yaml.documents", 2, "One document only."),
    ("Y24", "", "config.empty", 1, "The file is empty."),
    ("Y24", "# only a comment\n", "config.empty", 1, "The file is empty."),
    ("Y25", "[a, b]\n", "config.type", 1, "The top level must be a mapping."),
    ("Y26", "a: " + "[" * 3000, "yaml.depth", 1, f"Deeper than {MAX_DEPTH} levels."),
    ("Y26", "a: " + "{a: " * 3000, "yaml.depth", 1, f"Deeper than {MAX_DEPTH} levels."),
    ("Y29", 'a: b\nc: "d\ne: f\n', "yaml.syntax", 2, "not closed"),
    ("Y30", "a: b\nkey:value\n", "yaml.syntax", 2, 'Put a space after ":".'),
    ("Y30", "key:value\n", "yaml.syntax", 1, 'Put a space after ":".'),
    ("Y30", "a: b\n  key:value\n", "yaml.syntax", 2, 'Put a space after ":".'),
    ("Y31", "a: b\n名称：值\n", "yaml.fullwidth", 2, 'Full-width "：" found.'),
    ("Y31", "a：b\n", "yaml.fullwidth", 1, 'Full-width "：" found.'),
    ("Y31", "a:\n  b：c\n", "yaml.fullwidth", 2, 'Full-width "：" found.'),
    ("Y31", "a: [b，c]\n", "yaml.fullwidth", 1, "Full-width"),
    ("Y31", "a: １２\n", "yaml.fullwidth", 1, "Full-width digits"),
    ("Y32", "a: “b”\n", "yaml.fullwidth", 1, "Use straight quotes."),
    ("Y33", 'a: "b "\n', "config.whitespace", 1, "Trailing space removed."),
    ("Y33", "a: b  \n", "config.whitespace", 1, "Trailing space removed."),
]


@pytest.mark.parametrize(("row", "text", "code", "line", "words"), ROWS)
def test_bad_yaml_gets_its_code_line_and_remedy(row: str, text: str, code: str, line: int, words: str) -> None:
    _, problems = parse_yaml(text.encode(), "quanyu.yaml")
    assert (code, line) in [(problem.code, problem.where.line) for problem in problems], row
    assert any(words in f"{problem.message} {problem.remedy}" for problem in problems)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xef\xbb\xbfa: b\n", "byte-order mark"),
        (b"\xff\xfea\x00", "UTF-16"),
        ("名称: 值\n".encode("gb18030"), "not UTF-8"),
        (b"a: b\x00c\n", "control character"),
        ("a: b\u2028c: d\n".encode(), "line end"),
        (b'a: "\\ud800"\n', "not text"),
    ],
)
def test_other_encodings_are_refused(content: bytes, words: str) -> None:
    _, problems = parse_yaml(content, "a.yaml")
    assert [problem.code for problem in problems] == ["yaml.encoding"]
    assert words in problems[0].message


def test_a_file_above_the_limit_is_refused() -> None:
    document, problems = parse_yaml(b"a: " + b"x" * MAX_BYTES, "a.yaml")
    assert document is None
    assert [problem.code for problem in problems] == ["config.too_large"]


def test_directives_cannot_change_the_rules() -> None:
    document, problems = parse_yaml(b"%YAML 1.1\n---\na: 22:00\n", "a.yaml")
    assert document is None
    assert [problem.code for problem in problems] == ["yaml.syntax"]


def test_every_problem_of_a_file_is_reported_at_once() -> None:
    _, problems = parse_yaml(b"a: NO\nb: 0123\na: x\nc: !t y\n", "a.yaml")
    assert [problem.code for problem in problems] == ["config.type", "config.type", "yaml.duplicate_key", "yaml.tag"]


def test_trailing_space_is_only_a_warning_and_a_blank_text_is_kept() -> None:
    document, problems = parse_yaml(b'a: "b "\ndelimiter: " "\n', "a.yaml")
    assert document is not None
    assert document.data == {"a": "b", "delimiter": " "}
    assert [problem.severity for problem in problems] == [Severity.WARNING]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("1.10", 1.1),
        ("2026-02-28", "2026-02-28"),
        ("sha256", "sha256"),
        ("N", "N"),
        ("天猫：旗舰店", "天猫：旗舰店"),
        ("a-b", "a-b"),
        ("+08:00", "+08:00"),
    ],
)
def test_plain_scalars_mean_what_people_read(written: str, value: object) -> None:
    meant, problem = read_plain(written, Where(), in_flow=False)
    assert (meant, type(meant), problem) == (value, type(value), None)


@pytest.mark.parametrize("written", ["yes", "No", "ON", "True", "FALSE", "Null", "+5", ".5", "5.", "007", "9" * 20])
def test_scalars_that_readers_disagree_about_are_problems(written: str) -> None:
    _, problem = read_plain(written, Where(), in_flow=False)
    assert problem is not None
    assert problem.code == "config.type"
    assert problem.remedy


def test_the_same_scalars_in_quotes_are_text() -> None:
    text = 'a: "22:00"\nb: "NO"\nc: "0123"\nd: "1e3"\ne: "1.10"\nf: \'on\'\n"on": x\n'
    document, problems = parse_yaml(text.encode(), "a.yaml")
    assert problems == []
    assert document is not None
    assert list(document.data.values()) == ["22:00", "NO", "0123", "1e3", "1.10", "on", "x"]


def test_places_name_line_and_column_of_every_key() -> None:
    document, _ = parse_yaml("a: 1\nfeeds:\n  - table: order\n    columns:\n      x: 列\n".encode(), "s.yaml")
    assert document is not None
    assert document.where("feeds", 0, "columns", "x") == Where("s.yaml", 5, 7, field="feeds[0].columns.x")
    assert document.where("feeds", 0, "key") == Where("s.yaml", 3, 5, field="feeds[0].key")
    assert document.value("feeds", 0, "columns", "x") == "列"


def test_a_missing_file_is_a_problem(tmp_path) -> None:
    from quanyu.definitions.strict_yaml import read_yaml

    assert [problem.code for problem in read_yaml(tmp_path / "no.yaml", "no.yaml")[1]] == ["config.missing_file"]
    assert [problem.code for problem in read_yaml(tmp_path, "folder")[1]] == ["config.missing_file"]


_PIECES = st.sampled_from(
    ["a", ": ", ":", "- ", "\n", "  ", "\t", '"', "'", "[", "]", "{", "}", ",", "|", ">", "&x ", "*x", "!t ", "<<", "#",
     "---\n", "...\n", "%YAML 9.9\n", "\\U", "\\x", "FFFFFFFF", "？", "：", "“", "22:00", "NO", "1e999", "0x", "? ",
     "\r", "\ufeff", "\x85", "@", "`", "=", "2026-02-30", "1_0", "٣"]
)  # fmt: skip


def _check_never_raises(content: bytes) -> None:
    document, problems = parse_yaml(content, "a.yaml")
    assert document is not None or problems
    for problem in problems:
        assert problem.code.startswith(("yaml.", "config."))
        assert str(problem)


@given(st.binary(max_size=200))
def test_no_bytes_raise(content: bytes) -> None:
    _check_never_raises(content)


@given(st.lists(_PIECES, max_size=40).map("".join))
@example('a: "\\UFFFFFFFF"')
@example("%YAML 1.99\n---\na: b")
def test_no_arrangement_of_yaml_marks_raises(text: str) -> None:
    _check_never_raises(text.encode())


@pytest.mark.parametrize(("depth", "codes"), [(MAX_DEPTH, []), (MAX_DEPTH + 1, ["yaml.depth"])])
def test_the_limit_of_depth_is_exact(depth: int, codes: list[str]) -> None:
    lists = depth - 1  # the top mapping is the first level
    _, problems = parse_yaml(b"a: " + b"[" * lists + b"]" * lists, "a.yaml")
    assert [problem.code for problem in problems] == codes
