"""quanyu.yaml: defaults, resolution, and rows Y03, Y34-Y40, Y51, Y52, Y54 of the bad-input table."""

from pathlib import Path

import pytest

from quanyu.config import EngineName, Language, Secret
from quanyu.definitions import load_workspace, read_secret
from quanyu.definitions.rules.currency import MINOR_DIGITS
from quanyu.definitions.workspace import built_in_rules
from quanyu.errors import Where


def problems_of(tmp_path: Path, text: str) -> list:
    (tmp_path / "quanyu.yaml").write_text(text, encoding="utf-8")
    workspace, problems = load_workspace(tmp_path)
    assert workspace is None
    return problems


def test_a_brand_is_enough(workspace) -> None:
    assert workspace.time_zone == "Asia/Shanghai"
    assert (workspace.currency.code, workspace.currency.minor_per_major) == ("CNY", 100)
    assert workspace.language is Language.ZH
    assert workspace.engine.name is EngineName.DUCKDB
    assert workspace.store.url is None
    assert workspace.brand.name(Language.EN) == "demo"


def test_everything_said_is_kept(tmp_path, write) -> None:
    write(
        "quanyu.yaml",
        "brand: demo\nname: {zh: 示例}\ntime_zone: Europe/Berlin\ncurrency: JPY\nindustry: beauty\nlanguage: en\n"
        "engine: {name: spark, memory_limit: 4 GiB, threads: 2, spark_url: 'local[2]'}\n"
        "store: {url: {env: STORE_URL}}\nlimits: {file_size: 1GB, file_rows: 10}\n"
        "identity: {mobile: {cardinality: multi, shared_limit: 9, junk: ['1']}}\n",
    )
    workspace, problems = load_workspace(tmp_path / "quanyu.yaml")
    assert problems == []
    assert workspace is not None
    assert workspace.brand.name(Language.EN) == "示例"
    assert workspace.currency.minor_digits == 0
    assert (workspace.engine.memory_limit, workspace.engine.threads) == (4 * 2**30, 2)
    assert workspace.store.secret == Secret(env="STORE_URL")
    assert (workspace.limits.file_bytes, workspace.limits.file_rows, workspace.limits.columns) == (10**9, 10, 300)
    mobile = workspace.identifier_rule("mobile")
    assert mobile is not None
    assert (mobile.limit, mobile.shared_limit, mobile.junk, mobile.merging) == (None, 9, ("1",), True)


def test_identity_defaults_are_those_of_m38() -> None:
    rules = built_in_rules()
    merging = sorted((rule for rule in rules.values() if rule.merging), key=lambda rule: rule.priority)
    assert [(rule.id_type, rule.limit, rule.namespaced) for rule in merging] == [
        ("member_id", 1, False),
        ("mobile", 3, False),
        ("unionid", 1, True),
        ("external_userid", 1, True),
        ("platform_buyer_id", None, True),
    ]


ROWS = [
    ("Y03", "brand: demo\ntimezone: Asia/Shanghai\n", "config.unknown_key", 2, 'Did you mean "time_zone"?'),
    ("Y34", "brand: demo\nengine:\n  name: duckdb\n  currency: CNY\n", "config.unknown_key", 4, "one level up"),
    ("Y10", "brand: demo\nname: {zh: 1.10}\n", "config.type", 2, 'Put it in quotes: "1.10".'),
    ("Y11", "brand: 13800138000\n", "config.type", 1, "Put it in quotes."),
    ("Y35", "brand: demo\nengine: {threads: three}\n", "config.type", 2, 'whole number, got text "three"'),
    ("Y35", "brand: demo\nengine: {threads: 1.5}\n", "config.type", 2, "whole number, got number 1.5"),
    ("Y36", "brand: demo\ntime_zone:\n", "config.required", 2, '"time_zone" is required.'),
    ("Y36", "language: zh\n", "config.required", 1, '"brand" is required.'),
    ("Y37", "brand: demo\ntime_zone: Beijing\n", "config.timezone", 2, "Use Asia/Shanghai."),
    ("Y38", "brand: demo\ntime_zone: +08:00\n", "config.timezone", 2, "Use a named zone"),
    ("Y38", 'brand: demo\ntime_zone: "UTC+8"\n', "config.timezone", 2, "Use a named zone"),
    ("Y39", "brand: demo\ncurrency: RMB\n", "config.currency", 2, "Use CNY."),
    ("Y40", "brand: demo\nengine: {threads: -1}\n", "config.range", 2, "at least 1"),
    ("Y51", "brand: demo\nstore: {url: 'postgresql://u:secret@h/d'}\n", "config.secret_inline", 2, "{env: NAME}"),
    ("Y51", "brand: demo\nstore: {password: hunter2}\n", "config.secret_inline", 2, "{env: NAME}"),
    ("Y54", "brand: demo\ndata_dirs: [../x]\n", "config.path", 2, "absolute"),
    ("-", "brand: demo\nindustry: apparrel\n", "config.value", 2, 'Did you mean "apparel"?'),
    ("-", "brand: demo\nlanguage: fr\n", "config.value", 2, "zh, en"),
    ("-", "brand: demo\nengine: {memory_limit: lots}\n", "config.value", 2, "4GB"),
    ("-", "brand: demo\nidentity: {phone: {merging: true}}\n", "config.reference", 2, "Known types:"),
    ("-", "brand: demo\nidentity: {mobile: {priority: 1}}\n", "config.duplicate", 2, "both have priority 1"),
    ("Y31", "brand: demo\nengine: Name：duckdb\n", "yaml.fullwidth", 2, 'Use ":" and a space.'),
]


@pytest.mark.parametrize(("row", "text", "code", "line", "words"), ROWS)
def test_bad_settings_get_their_code_line_and_remedy(tmp_path, row, text, code, line, words) -> None:
    problems = problems_of(tmp_path, text)
    assert (code, line) in [(problem.code, problem.where.line) for problem in problems], row
    assert any(words in f"{problem.message} {problem.remedy}" for problem in problems)


def test_all_problems_are_shown_at_once_and_in_order(tmp_path) -> None:
    problems = problems_of(tmp_path, "brand: demo\ncurrency: RMB\nlanguage: NO\ntime_zone: Beijing\nx: 1\n")
    assert [(problem.where.line, problem.code) for problem in problems] == [
        (2, "config.currency"),
        (3, "config.type"),
        (4, "config.timezone"),
        (5, "config.unknown_key"),
    ]


def test_secrets_written_in_clear_are_not_repeated(tmp_path) -> None:
    for text in ("store: {url: 'postgresql://u:hunter2@h/d'}\n", "store: {password: hunter2}\n"):
        problems = problems_of(tmp_path, "brand: demo\n" + text)
        assert "hunter2" not in " ".join(map(str, problems))


def test_a_folder_without_settings_says_how_to_make_them(tmp_path) -> None:
    _, problems = load_workspace(tmp_path)
    assert [problem.code for problem in problems] == ["config.missing_file"]
    assert "quanyu init" in problems[0].remedy


def test_paths_and_links_that_leave_the_workspace_are_not_allowed(workspace, tmp_path_factory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (workspace.root / "link").symlink_to(outside)
    assert workspace.allows(workspace.root / "data" / "a.csv")
    assert not workspace.allows(workspace.root / ".." / "a.csv")
    assert not workspace.allows(workspace.root / "link" / "a.csv")


def test_currencies_have_the_decimals_of_iso_4217() -> None:
    assert [MINOR_DIGITS[code] for code in ("CNY", "USD", "JPY", "KWD")] == [2, 2, 0, 3]
    assert all(len(code) == 3 and code.isupper() for code in MINOR_DIGITS)


def test_a_missing_secret_is_named_by_its_variable(tmp_path) -> None:
    where = Where("quanyu.yaml", 2)
    assert read_secret(Secret(env="A"), tmp_path, {"A": " x\n"}, where) == ("x", None)
    text, problem = read_secret(Secret(env="A"), tmp_path, {}, where)
    assert text is None
    assert problem is not None
    assert (problem.code, problem.where.line) == ("config.secret_missing", 2)
    (tmp_path / "key").write_text("y\n")
    assert read_secret(Secret(file="key"), tmp_path, {}, where)[0] == "y"
    assert read_secret(Secret(file="no"), tmp_path, {}, where)[0] is None


def test_a_store_without_password_may_stand_in_clear(tmp_path, write) -> None:
    write("quanyu.yaml", "brand: demo\nstore: {url: 'postgresql://host/quanyu'}\n")
    workspace, problems = load_workspace(tmp_path)
    assert problems == []
    assert workspace is not None
    assert workspace.store.url == "postgresql://host/quanyu"
    assert [one.code for one in problems_of(tmp_path, "brand: demo\nstore: {url: 'mongodb://h/d'}\n")] == [
        "config.value"
    ]
    assert [one.code for one in problems_of(tmp_path, "brand: demo\nstore: {url: 'http://[x'}\n")] == ["config.value"]
