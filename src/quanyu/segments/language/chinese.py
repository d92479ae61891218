"""The Chinese sentence of a rule.

近90天下单至少2次，且生命周期为“休眠期”。
"""

from collections.abc import Sequence

from quanyu.config import Language
from quanyu.definitions.segment_acts import ActShape, DidShape, EdgeShape, SequenceShape, StepShape, WindowedShape
from quanyu.definitions.segment_list import PERSON_ID, ListShape
from quanyu.definitions.segment_rule import (
    AttributeShape,
    ChangedShape,
    EventShape,
    OrderShape,
    RelationShape,
    RuleShape,
    SampleShape,
    StageShape,
    TagShape,
)
from quanyu.segments.language.naming import Naming, quoted
from quanyu.segments.language.vocabulary import Noun, Sort, Vocabulary
from quanyu.segments.language.words import (
    ACTIVITY_LABELS,
    FIELD_LABELS,
    MEANS_LABELS,
    MEASURE_LABELS,
    THING_LABELS,
    Label,
)

_MONEY = Noun("", Sort.MONEY, Label("", ""))

_PERIODS = {"week": "自然周", "month": "自然月", "quarter": "自然季度", "year": "自然年"}
_THIS = {"week": "本周", "month": "本月", "quarter": "本季度", "year": "今年"}
_LINES = {None: "", "online": "在线上", "offline": "在线下"}


def say_chinese(rule: RuleShape, vocabulary: Vocabulary) -> str:
    """Return the sentence of a rule in Chinese."""
    return f"{_Chinese(vocabulary).node(rule)}。"


class _Chinese:
    """Every leaf answers what it says, or with `no` its opposite."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.naming = Naming(vocabulary, Language.ZH)

    def node(self, rule: RuleShape, no: bool = False) -> str:
        parts = rule.all or rule.any
        if rule.not_ is not None:
            return self.node(rule.not_, not no)
        if not parts:
            return self.leaf(rule, no)
        said = ("，且" if rule.all else "，或").join(self.part(part) for part in parts)
        return f"不满足（{said}）" if no else said

    def part(self, rule: RuleShape) -> str:
        said = self.node(rule)
        return f"（{said}）" if len(rule.all or rule.any) > 1 else said

    def leaf(self, rule: RuleShape, no: bool) -> str:
        kind = next(key for key in RuleShape.model_fields if getattr(rule, key) not in (None, ()))
        said: str = getattr(self, kind)(getattr(rule, kind), no)
        return said

    def consent(self, purpose: str, no: bool) -> str:
        return f"{'未同意' if no else '已同意'}{self.naming.called(self.vocabulary.purposes, purpose)}"

    def reach(self, means: str, no: bool) -> str:
        return f"{'不可' if no else '可'}通过{self.naming.called(MEANS_LABELS, means)}触达"

    def segment(self, name: str, no: bool) -> str:
        return f"{'不' if no else ''}属于分群{quoted(name)}"

    def persons(self, persons: Sequence[int], no: bool) -> str:
        return f"{'不' if no else ''}在{len(persons):,}人的名单中"

    def list(self, said: ListShape, no: bool) -> str:
        at = f"，命名空间{quoted(said.namespace)}" if said.namespace is not None else ""
        by = "用户编号" if said.identifier == PERSON_ID else quoted(said.identifier)
        return f"{'不' if no else ''}在文件{quoted(said.file)}的名单中（按{by}{at}）"

    def sample(self, said: SampleShape, no: bool) -> str:
        return f"{'不' if no else ''}在{said.percent}%的随机抽样中（种子{quoted(said.seed)}）"

    def tag(self, said: TagShape, no: bool) -> str:
        name, noun = self.naming.noun(self.vocabulary.tags, said.code)
        if not said.is_ and said.at_least is said.at_most is None:
            return f"{'没有' if no else '有'}标签{quoted(name)}"
        return f"标签{quoted(name)}{self.asked(said.is_, (said.at_least, said.at_most), None, noun, no)}"

    def stage(self, said: StageShape, no: bool) -> str:
        name, noun = self.naming.noun(self.vocabulary.models, said.model)
        day = f"{said.on.isoformat()}的" if said.on is not None else ""
        stages = "、".join(self.naming.value(noun, one) for one in said.is_)
        return f"{day}{name}{'不' if no else ''}处于{stages}{'之一' if len(said.is_) > 1 else ''}"

    def changed(self, said: ChangedShape, no: bool) -> str:
        name, noun = self.naming.noun(self.vocabulary.models, said.model)
        before, after = ("、".join(self.stage_name(noun, one) for one in side) for side in (said.from_, said.to))
        turn = f"由{before}变为{after}" if before and after else f"离开{before}" if before else f"进入{after}"
        return f"近{said.days}天{name}{'没有' if no else ''}{turn}"

    def stage_name(self, noun: Noun | None, code: str) -> str:
        return "无阶段" if code == "none" else self.naming.value(noun, code)

    def did(self, said: DidShape, no: bool) -> str:
        window, thing = self.window(said), self.thing(said)
        if said.measure == "count":
            return f"{window}{_times(thing, '有过', '没有', said.at_least, said.at_most, no)}"
        name = self.naming.called(FIELD_LABELS, said.of or "")
        noun = _MONEY if (said.of or "").endswith("_fen") and said.measure != "distinct" else None
        bounds = (said.at_least, said.at_most)
        low, high = (self.naming.number(bound, noun) if bound is not None else None for bound in bounds)
        measure = self.naming.called(MEASURE_LABELS, said.measure)
        return f"{window}{thing}的{name}{measure}{_range(low, high, no)}"

    def thing(self, said: ActShape, lead: str = "") -> str:
        if said.type is not None:
            name = quoted(self.naming.called(self.vocabulary.events, said.type).strip("“”"))
        elif said.activity is not None:
            name = self.naming.called(ACTIVITY_LABELS, said.activity)
        else:
            name = self.naming.called(THING_LABELS, said.what)
        asked = [
            f"{self.naming.called(FIELD_LABELS, field)}{self.asked(values, (None, None), None, None, False)}"
            for field, values in said.where.items()
        ]
        for field in dict.fromkeys((*said.least, *said.most)):
            bounds = (said.least.get(field), said.most.get(field))
            noun = _MONEY if field.endswith("_fen") else None
            asked.append(f"{self.naming.called(FIELD_LABELS, field)}{self.asked((), bounds, None, noun, False)}")
        return f"{name}（{lead}{'，'.join(asked)}）" if asked else name

    def window(self, said: WindowedShape) -> str:
        if said.days is not None:
            return f"近{said.days}天" if not said.ago else f"{said.days + said.ago}天前至{said.ago}天前"
        if said.during is not None:
            return f"活动「{said.during}」期间"
        if said.whole is not None:
            unit = _PERIODS[said.whole.unit]
            before = f"{said.whole.ago}个完整{unit}之前的" if said.whole.ago else "最近"
            return f"{before}{said.whole.count}个完整{unit}"
        if said.this is not None:
            return f"{_THIS[said.this]}至今"
        start = f"自{said.from_.isoformat()}起" if said.from_ is not None else ""
        end = f"{said.until.isoformat()}之前" if said.until is not None else ""
        return f"{start}{'、' if start and end else ''}{end}" or "历史上"

    def first(self, said: EdgeShape, no: bool, which: str = "首次") -> str:
        return f"{which}{self.thing(said, '其')}{'不' if no else ''}发生于{self.window(said)}"

    def last(self, said: EdgeShape, no: bool) -> str:
        return self.first(said, no, "最近一次")

    def sequence(self, said: SequenceShape, no: bool) -> str:
        steps = "，然后".join(self.step(step) for step in said.steps)
        gap = f"，每步相隔不超过{said.gap_days}天" if said.gap_days is not None else ""
        after = f"，此后{said.then_days}天没有{self.thing(said.then_not)}" if said.then_not is not None else ""
        return f"近{said.days}天{'没有' if no else ''}依次发生（{steps}{gap}{after}）"

    def step(self, said: StepShape) -> str:
        absent = f"（其间没有{self.thing(said.without)}）" if said.without is not None else ""
        return f"{absent}{self.thing(said)}"

    def attribute(self, asked: AttributeShape, no: bool) -> str:
        name, noun = self.naming.noun(self.vocabulary.attributes, asked.name)
        return f"{name}{self.asked(asked.is_, (asked.at_least, asked.at_most), asked.known, noun, no)}"

    def asked(
        self,
        values: Sequence[str],
        bounds: tuple[int | None, int | None],
        known: bool | None,
        noun: Noun | None,
        no: bool,
    ) -> str:
        if known is not None:
            return "已知" if known is not no else "未知"
        unknown = "（含未知）" if no else ""
        if values:
            said = "、".join(self.naming.value(noun, value) for value in values)
            return f"{'不' if no else ''}为{said}{'之一' if len(values) > 1 else ''}{unknown}"
        low, high = (self.naming.number(bound, noun) if bound is not None else None for bound in bounds)
        return f"{_range(low, high, no)}{unknown}"

    def event(self, said: EventShape, no: bool) -> str:
        what = (
            quoted(self.naming.called(self.vocabulary.events, said.type).strip("“”"))
            if said.type is not None
            else self.naming.called(ACTIVITY_LABELS, said.activity or "")
        )
        return f"近{said.days}天{_times(what, '有', '没有', said.at_least, said.at_most, no)}"

    def order(self, said: OrderShape, no: bool) -> str:
        line = _LINES[said.line]
        return f"近{said.days}天{line}{_times('下单', '有过', '没有', said.at_least, said.at_most, no)}"

    def relation(self, said: RelationShape, no: bool) -> str:
        if said.type is None:
            what = "与品牌的私域关系"
            return (f"没有{what}" if no else f"有{what}") if said.live else (f"从未有过{what}" if no else f"曾有{what}")
        what = self.naming.called(self.vocabulary.relations, said.type)
        return (f"不是{what}" if no else f"是{what}") if said.live else (f"从未是{what}" if no else f"曾是{what}")


def _times(what: str, some: str, none: str, least: int | None, most: int | None, no: bool) -> str:
    """Return how often something was done: at least once when no bound is said."""
    if most == 0 and least is None:
        return f"{some if no else none}{what}"
    if least is None and most is None:
        return f"{none if no else some}{what}"
    low, high = (None if bound is None else f"{bound:,}次" for bound in (least, most))
    return f"{what}{_range(low, high, no)}"


def _range(low: str | None, high: str | None, no: bool) -> str:
    if low is not None and high is not None:
        if low == high:
            return f"不等于{low}" if no else f"等于{low}"
        return f"{'不' if no else ''}在{low}到{high}之间"
    if low is not None:
        return f"少于{low}" if no else f"至少{low}"
    return f"多于{high}" if no else f"至多{high}"
