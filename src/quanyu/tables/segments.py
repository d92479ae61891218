"""Tables of segments: definitions as a build read them, and who was in them from when until when."""

from quanyu.tables.columns import count, day, json, person, ref, text
from quanyu.tables.contract import Table

ENTERED = ("first", "rule", "definition")
LEFT = ("rule", "definition", "unknown")

SEGMENT_DEF = Table(
    name="segment_def",
    grain="one segment as the build read it",
    key=("segment",),
    columns=(
        text("segment", "分群", "Segment", null=False),
        text("name_zh", "中文名", "Chinese name", null=False),
        text("name_en", "英文名", "English name", null=False),
        text("description_zh", "中文说明", "Chinese description"),
        text("description_en", "英文说明", "English description"),
        json("rule", "规则", "Rule", null=False),
        text("version", "版本", "Version", null=False),
        # Null: the build lacks what the rule asks for.
        count("persons", "人数", "Persons", null=True),
        text("why_unknown", "无法计算的原因", "Why it cannot be counted"),
    ),
    stage="segments",
    zh="分群定义",
    en="Segment",
)

SEGMENT_MEMBER = Table(
    name="segment_member",
    grain="one person in one segment from a day on",
    key=("segment", "person_id", "from_date"),
    columns=(
        ref("segment", "分群", "Segment", "segment_def.segment", null=False),
        person(),
        # 9999-12-31: is in it still.  Half-open like every period.
        day("from_date", "进入日期", "In it from", null=False),
        day("to_date", "离开日期", "In it until", null=False),
        # first: the first build that knew the segment; definition: the rule was changed; rule: the person changed.
        text("entered_by", "进入原因", "Entered because", null=False, values=ENTERED),
        text("left_by", "离开原因", "Left because", values=LEFT),
    ),
    stage="segments",
    zh="分群成员",
    en="Segment member",
)

SEGMENT_LIST = Table(
    name="segment_list",
    grain="one list of a file that a segment names, as the build read it",
    key=("list",),
    columns=(
        # The file below lists/ and what it lists: identifiers are neither stored nor shown.
        text("list", "名单", "List", null=False),
        # entries = matched + unmatched + repeated + malformed.
        count("entries", "行数", "Rows of the file"),
        count("matched", "匹配行数", "Different entries that belong to somebody"),
        count("unmatched", "未匹配行数", "Different entries that belong to nobody"),
        count("repeated", "重复行数", "Entries listed before"),
        count("malformed", "格式错误行数", "Entries that cannot be read"),
    ),
    stage="segments",
    zh="文件名单",
    en="List of a file",
)

SEGMENT_LIST_PERSON = Table(
    name="segment_list_person",
    grain="one person of a list",
    key=("list", "person_id"),
    columns=(ref("list", "名单", "List", "segment_list.list", null=False), person()),
    stage="segments",
    zh="文件名单用户",
    en="Person of a list",
)

SEGMENTS = (SEGMENT_DEF, SEGMENT_MEMBER, SEGMENT_LIST, SEGMENT_LIST_PERSON)
