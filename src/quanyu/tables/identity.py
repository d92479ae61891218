"""Tables of identity: identifiers, the evidence that ties them, and the persons they make (`domain.md` §3.1, M-38)."""

from quanyu.tables.columns import (
    PSEUDONYM,
    count,
    day,
    decimal,
    flag,
    identifier,
    json,
    moment,
    person,
    rate,
    text,
)
from quanyu.tables.contract import Column, Table, Type

ID_TYPES = (
    "member_id",
    "mobile",
    "unionid",
    "openid",
    "external_userid",
    "platform_buyer_id",
    "device",
    "email",
    "card_no",
    "stored_value_no",
)
LINK_METHODS = ("login", "order", "form", "import", "manual", "inferred")

IDENTIFIER = Table(
    name="identifier",
    grain="one value of one type in one namespace, known by its keyed hash",
    key=("identifier_id",),
    columns=(
        Column("identifier_id", Type.KEY, "标识", "Identifier", null=False, privacy=PSEUDONYM),
        text("id_type", "标识类型", "Type of identifier", null=False, values=ID_TYPES),
        text("namespace", "命名空间", "Namespace", null=False),
        text("value_hash", "标识值密钥哈希", "Keyed hash of the value", null=False, privacy=PSEUDONYM),
        flag("verified", "已验证", "Verified"),
        count("first_batch_seq", "首次批次序号", "First batch sequence"),
        moment("first_seen_at", "首次出现时间", "First seen at"),
    ),
    stage="ingest",
    zh="标识",
    en="Identifier",
)

IDENTIFIER_PAIR = Table(
    name="identifier_pair",
    grain="two identifiers that stood in one row, per source, method and batch; identifier_a < identifier_b",
    key=("identifier_a", "identifier_b", "source", "method", "first_batch_seq"),
    columns=(
        identifier("identifier_a", "标识甲", "Identifier A"),
        identifier("identifier_b", "标识乙", "Identifier B"),
        count("evidence", "证据行数", "Rows of evidence"),
        count("first_batch_seq", "批次序号", "Batch sequence"),
        moment("first_occurred_at", "最早发生时间", "First occurred at"),
        moment("last_occurred_at", "最近发生时间", "Last occurred at"),
        text("source", "来源", "Source", null=False),
        text("method", "关联方式", "Method", null=False, values=LINK_METHODS),
    ),
    stage="ingest",
    zh="标识同现",
    en="Identifier pair",
)

IDENTIFIER_PERSON = Table(
    name="identifier_person",
    grain="one identifier, with the person it belongs to",
    key=("identifier_id",),
    columns=(
        identifier(),
        # Null: an inert identifier (junk, shared device) that is attached to nobody.
        person(null=True),
        Column("cluster_id", Type.KEY, "连通簇", "Cluster", null=False, privacy=PSEUDONYM),
        text("rule", "归并规则", "Rule", null=False),
        decimal("confidence", "置信度", "Confidence", null=False, unit="ratio 0-1"),
        flag("inert", "不参与归并", "Inert"),
        text("inert_reason", "不参与原因", "Why inert"),
    ),
    stage="identity",
    zh="标识归属",
    en="Person of an identifier",
)

PERSON = Table(
    name="person",
    grain="one canonical person (OneID)",
    key=("person_id",),
    columns=(
        Column("person_id", Type.KEY, "用户", "Person", null=False, privacy=PSEUDONYM),
        text("state", "身份状态", "Identity state", null=False, values=("anonymous", "fan", "registered", "member")),
        moment("first_seen_at", "首次出现时间", "First seen at"),
        moment("first_order_at", "首次有效下单时间", "First valid order at"),
        count("first_batch_seq", "首次批次序号", "First batch sequence"),
        count("identifier_count", "标识数", "Identifiers"),
        count("merging_identifier_count", "可归并标识数", "Merging identifiers"),
        count("id_type_count", "标识类型数", "Types of identifier"),
    ),
    stage="identity",
    zh="用户",
    en="Person",
)

IDENTITY_LINK = Table(
    name="identity_link",
    grain="one identifier linked to one person from linked_at until unlinked_at",
    key=("identifier_id", "person_id", "linked_at"),
    columns=(
        identifier(),
        person(),
        text("method", "关联方式", "Method", null=False, values=LINK_METHODS),
        decimal("confidence", "置信度", "Confidence", null=False, unit="ratio 0-1"),
        flag("merging", "参与归并", "Takes part in merges"),
        count("batch_seq", "批次序号", "Batch sequence"),
        moment("linked_at", "关联时间", "Linked at", null=False),
        moment("unlinked_at", "解除时间", "Unlinked at"),
    ),
    stage="identity",
    zh="身份关联",
    en="Identity link",
    history=True,
)

PERSON_MERGE = Table(
    name="person_merge",
    grain="one merge of two persons; undone_at says that it no longer holds",
    key=("event_id",),
    columns=(
        Column("event_id", Type.KEY, "合并记录", "Merge record", null=False),
        person("loser_id", "被并入用户", "Person merged away"),
        person("survivor_id", "保留用户", "Person kept"),
        text("rule", "归并规则", "Rule", null=False),
        count("batch_seq", "批次序号", "Batch sequence"),
        moment("merged_at", "合并时间", "Merged at", null=False),
        moment("undone_at", "撤销时间", "Undone at"),
    ),
    stage="identity",
    zh="用户合并",
    en="Person merge",
)

IDENTITY_COVERAGE = Table(
    name="identity_coverage",
    grain="one kind of fact of one source, as of a date",
    key=("date", "subject", "source"),
    columns=(
        day("date", "截至日期", "As of", null=False),
        text("subject", "对象", "Subject", null=False, values=("event", "visit", "order")),
        text("source", "来源", "Source", null=False),
        count("total", "总数", "Rows"),
        count("identified", "已识别数", "Rows with a person"),
        rate("identified_rate", "识别率", "Identified rate"),
        Column("net_fen", Type.FEN, "净销售额", "Net sales", unit="fen"),
        Column("identified_net_fen", Type.FEN, "已识别净销售额", "Net sales with a person", unit="fen"),
        rate("identified_net_rate", "销售额识别率", "Identified sales rate"),
    ),
    stage="facts",
    zh="身份识别覆盖",
    en="Identity coverage",
)

IDENTITY_MATCH = Table(
    name="identity_match",
    grain="one ordered pair of identifier types, as of a date",
    key=("date", "id_type_a", "id_type_b"),
    columns=(
        day("date", "截至日期", "As of", null=False),
        text("id_type_a", "标识类型甲", "Type A", null=False, values=ID_TYPES),
        text("id_type_b", "标识类型乙", "Type B", null=False, values=ID_TYPES),
        count("persons_a", "有甲的用户数", "Persons with A"),
        count("persons_both", "两者皆有的用户数", "Persons with both"),
        rate("match_rate", "匹配率", "Match rate"),
    ),
    stage="identity",
    zh="标识匹配率",
    en="Identity match rate",
)

IDENTITY_CONFLICT = Table(
    name="identity_conflict",
    grain="one pair of merging identifiers whose evidence was refused",
    key=("identifier_a", "identifier_b"),
    columns=(
        identifier("identifier_a", "标识甲", "Identifier A"),
        identifier("identifier_b", "标识乙", "Identifier B"),
        Column("cluster_id", Type.KEY, "连通簇", "Cluster", null=False, privacy=PSEUDONYM),
        # limit: the person would hold too many identifiers of the type; cut: people keep the two apart.
        text("reason", "拒绝原因", "Reason", null=False, values=("limit", "cut")),
        text("id_type", "超限标识类型", "Type over its limit", values=ID_TYPES),
        text("namespace", "超限命名空间", "Namespace over its limit"),
        count("evidence", "证据行数", "Rows of evidence"),
    ),
    stage="identity",
    zh="身份冲突",
    en="Identity conflict",
)

IDENTITY_RUN = Table(
    name="identity_run",
    grain="one update of the identity ledger",
    key=("run_number",),
    columns=(
        count("run_number", "更新序号", "Number of the update"),
        count("watermark", "水位", "Watermark"),
        text("rules_version", "规则版本", "Version of the rules", null=False),
        json("decisions", "生效决定", "Decisions in force", null=False),
        moment("updated_at", "更新时间", "Updated at", null=False),
    ),
    stage="identity",
    zh="身份更新记录",
    en="Identity update",
)

IDENTITY_SUMMARY = Table(
    name="identity_summary",
    grain="one figure about identity, as of a date",
    key=("date", "figure"),
    columns=(
        day("date", "截至日期", "As of", null=False),
        text("figure", "指标", "Figure", null=False),
        count("part", "分子", "Part"),
        count("whole", "分母", "Whole"),
        rate("ratio", "比率", "Ratio"),
    ),
    stage="identity",
    zh="身份打通概览",
    en="Identity summary",
)

IDENTITY = (
    IDENTIFIER,
    IDENTIFIER_PAIR,
    IDENTIFIER_PERSON,
    PERSON,
    IDENTITY_LINK,
    PERSON_MERGE,
    IDENTITY_COVERAGE,
    IDENTITY_MATCH,
    IDENTITY_CONFLICT,
    IDENTITY_RUN,
    IDENTITY_SUMMARY,
)
