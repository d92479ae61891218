"""Tables of the tag system: definitions and the values of persons while they hold (`domain.md` §1.7, §3.8)."""

from quanyu.tables.columns import SENSITIVE, count, day, decimal, flag, json, person, rate, ref, text
from quanyu.tables.contract import Table
from quanyu.tables.features import FEATURES

VALUE_TYPES = ("flag", "category", "number", "date")

TAG_DEF = Table(
    name="tag_def",
    grain="one node of the tag tree: a group (no type of value) or a tag",
    key=("tag_code",),
    columns=(
        text("tag_code", "标签", "Tag", null=False),
        text("name_zh", "中文名", "Chinese name", null=False),
        text("name_en", "英文名", "English name", null=False),
        text("description_zh", "中文说明", "Chinese description"),
        text("description_en", "英文说明", "English description"),
        ref("parent_code", "上级标签", "Parent tag", "tag_def.tag_code"),
        count("level", "层级", "Level", unit="1 for a family"),
        ref("family_code", "一级分类", "Family", "tag_def.tag_code", null=False),
        text("volatility", "静态/动态", "Volatility", values=("static", "dynamic")),
        text("measure", "定性/定量", "Measure", values=("qualitative", "quantitative")),
        text("origin", "来源分类", "Origin", values=("base", "business", "smart")),
        text("derivation", "生成方式", "Derivation", values=("fact", "model", "predict")),
        text("value_type", "值类型", "Type of value", values=VALUE_TYPES),
        text("unit", "单位", "Unit"),
        json("labels", "取值名称", "Labels of the values"),
        text("rule", "规则", "Rule"),
        text("refresh", "更新频率", "Refresh"),
        text("owner", "责任人", "Owner"),
        day("review_on", "复核日期", "Review on"),
        text("sensitivity", "敏感级别", "Sensitivity", values=("none", "personal", "sensitive")),
        text("version", "版本", "Version", null=False),
    ),
    stage="definitions",
    zh="标签定义",
    en="Tag definition",
)

PERSON_TAG = Table(
    name="person_tag",
    grain="one value of one tag of one person while it holds; a person without a value has no row",
    key=("person_id", "tag_code", "from_date"),
    columns=(
        person(),
        ref("tag_code", "标签", "Tag", "tag_def.tag_code", null=False),
        # Tags of any class share the columns: they take the strictest.  A flag that holds is `yes`; a number stands in
        # `number` too; a date is written as 2026-01-31.
        text("value", "标签值", "Value", null=False, privacy=SENSITIVE),
        decimal("number", "数值", "Number"),
        # 9999-12-31: still holds.  Half-open like every period: it held on from_date and until before to_date.
        day("from_date", "起始日", "Held from", null=False),
        day("to_date", "截止日", "Held until", null=False),
        text("source", "来源", "Source", null=False),
    ),
    stage="tags",
    zh="用户标签",
    en="Person's tag",
)

TAG_INSIGHT = Table(
    name="tag_insight",
    grain="one tag of a build: whether it can be computed, how many have a value, how it moved, how right it is",
    key=("tag_code",),
    columns=(
        ref("tag_code", "标签", "Tag", "tag_def.tag_code", null=False),
        flag("is_computable", "可计算", "Can be computed"),
        text("why_not_zh", "不可计算的原因", "Why not, in Chinese"),
        text("why_not_en", "不可计算的原因（英文）", "Why not, in English"),
        count("base_persons", "用户数", "Persons"),
        count("persons", "有值用户数", "Persons with a value", null=True),
        rate("coverage", "覆盖率", "Coverage"),
        count("value_count", "取值数", "Values", null=True),
        day("changed_on", "最近变化日", "Latest change of anybody's value"),
        count("changed_persons", "本次变化人数", "Persons whose value began with this build", null=True),
        rate("psi", "稳定性指数(PSI)", "Stability index (PSI) against the build before", unit="PSI"),
        count("truth_persons", "有真值的人数", "Persons with a value whose truth is known", null=True),
        rate("accuracy", "准确率", "Accuracy"),
        day("review_on", "复核日期", "Review on", null=False),
    ),
    stage="tags",
    zh="标签洞察",
    en="Insight into a tag",
)

TAG_VALUE = Table(
    name="tag_value",
    grain="one value of a tag in a build; numbers in steps of 1, 2, 5, dates by month",
    key=("tag_code", "value"),
    columns=(
        ref("tag_code", "标签", "Tag", "tag_def.tag_code", null=False),
        text("value", "取值", "Value", null=False, privacy=SENSITIVE),
        count("persons", "用户数", "Persons"),
        rate("share", "占比", "Share of the persons with a value"),
        count("persons_before", "上次用户数", "Persons in the build before", null=True),
        count("held_persons", "30天前持有人数", "Persons who held it 30 days before", null=True),
        count("held_buyers", "其中30天内购买", "Of these, buyers within the 30 days", null=True),
        rate("lift", "提升度", "Lift of buying within 30 days", unit="ratio to everybody"),
    ),
    stage="tags",
    zh="标签分布",
    en="Distribution of a tag",
)

TAGS = (TAG_DEF, *FEATURES, PERSON_TAG, TAG_INSIGHT, TAG_VALUE)
