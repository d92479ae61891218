"""Tables of membership programmes: tiers, ledgers, benefits, tasks (`domain.md` §3.5, M-24 – M-26).

Ledgers are append-only; a correction is a new entry that names the old one in `ref`.
"""

from quanyu.tables.columns import (
    PSEUDONYM,
    count,
    day,
    fen,
    flag,
    json,
    moment,
    person,
    ref,
    text,
    validity,
)
from quanyu.tables.contract import Column, Table


def _member() -> Column:
    return ref("member_id", "会员号", "Member", "membership.member_id", null=False, privacy=PSEUDONYM)


PROGRAMME = Table(
    name="programme",
    grain="one membership programme",
    key=("programme_id",),
    columns=(
        text("programme_id", "会员计划", "Programme", null=False),
        text("name_zh", "中文名", "Chinese name", null=False),
        text("name_en", "英文名", "English name", null=False),
        text("tier_mode", "等级方式", "How tiers are earned", null=False),
        json("gv_params", "成长值参数", "Growth-value parameters"),
        json("points_params", "积分参数", "Points parameters"),
        json("paid_plan", "付费方案", "Paid plan"),
    ),
    stage="definitions",
    zh="会员计划",
    en="Programme",
)

TIER = Table(
    name="tier",
    grain="one card tier of a programme while its rules hold",
    key=("programme_id", "tier_code", "valid_from"),
    columns=(
        ref("programme_id", "会员计划", "Programme", "programme.programme_id", null=False),
        text("tier_code", "等级", "Tier", null=False),
        count("rank", "等级序", "Rank"),
        text("name_zh", "中文名", "Chinese name", null=False),
        text("name_en", "英文名", "English name", null=False),
        count("threshold", "成长值门槛", "Growth value needed"),
        count("valid_months", "有效期", "Validity", unit="months"),
        text("keep_rule", "保级规则", "Rule to keep the tier"),
        *validity(),
    ),
    stage="definitions",
    zh="会员等级",
    en="Card tier",
    history=True,
)

MEMBER_TIER = Table(
    name="member_tier",
    grain="one card tier of one member while it holds",
    key=("member_id", "valid_from"),
    columns=(
        _member(),
        ref("tier_code", "等级", "Tier", "tier.tier_code", null=False),
        text("reason", "变更原因", "Reason", null=False),
        *validity(),
    ),
    stage="loyalty",
    zh="会员等级记录",
    en="Member's tier",
    history=True,
)

GROWTH_LEDGER = Table(
    name="growth_ledger",
    grain="one change of a member's growth value",
    key=("entry_id",),
    columns=(
        text("entry_id", "流水", "Entry", null=False),
        _member(),
        moment("occurred_at", "发生时间", "Occurred at", null=False),
        text("kind", "类型", "Kind", null=False, values=("pay", "activity", "quality", "reverse", "manual")),
        text("ref", "依据", "Reference"),
        count("points", "成长值", "Growth value"),
        day("window_expires_on", "移出窗口日期", "Leaves the window on"),
    ),
    stage="loyalty",
    zh="成长值流水",
    en="Growth ledger",
)

POINTS_LOT = Table(
    name="points_lot",
    grain="points earned at once, that expire at once",
    key=("lot_id",),
    columns=(
        text("lot_id", "积分批", "Lot", null=False),
        _member(),
        count("earned", "获得积分", "Earned"),
        count("remaining", "剩余积分", "Remaining"),
        moment("earned_at", "获得时间", "Earned at", null=False),
        day("expires_on", "到期日", "Expires on"),
        ref("order_id", "订单号", "Order", "order.order_id"),
        text("source", "来源", "Source", null=False),
    ),
    stage="loyalty",
    zh="积分批",
    en="Points lot",
)

POINTS_LEDGER = Table(
    name="points_ledger",
    grain="one change of the points of a lot",
    key=("entry_id",),
    columns=(
        text("entry_id", "流水", "Entry", null=False),
        _member(),
        ref("lot_id", "积分批", "Lot", "points_lot.lot_id"),
        count("delta", "积分变动", "Change"),
        text(
            "kind",
            "类型",
            "Kind",
            null=False,
            values=("earn", "redeem", "expire", "clawback", "restore", "adjust"),
        ),
        text("ref", "依据", "Reference"),
        moment("occurred_at", "发生时间", "Occurred at", null=False),
    ),
    stage="loyalty",
    zh="积分流水",
    en="Points ledger",
)

BENEFIT = Table(
    name="benefit",
    grain="one benefit that can be granted",
    key=("benefit_id",),
    columns=(
        text("benefit_id", "权益", "Benefit", null=False),
        text("type", "权益类型", "Type", null=False, values=("identity", "price", "service", "other")),
        text("name_zh", "中文名", "Chinese name", null=False),
        text("name_en", "英文名", "English name", null=False),
        ref("partner_id", "合作方", "Partner", "partner.partner_id"),
        json("exclusive_tiers", "专属等级", "Only for tiers"),
        fen("cost_fen", "单位成本", "Unit cost"),
        count("stock", "库存", "Stock", null=True),
        json("channels", "适用渠道", "Channels"),
    ),
    stage="loyalty",
    zh="权益",
    en="Benefit",
)

BENEFIT_GRANT = Table(
    name="benefit_grant",
    grain="one benefit granted to one person",
    key=("grant_id",),
    columns=(
        text("grant_id", "发放记录", "Grant", null=False),
        ref("benefit_id", "权益", "Benefit", "benefit.benefit_id", null=False),
        person(),
        text("reason", "发放原因", "Reason", null=False),
        moment("granted_at", "发放时间", "Granted at", null=False),
        moment("used_at", "使用时间", "Used at"),
        ref("used_channel_id", "使用渠道", "Used on channel", "channel.channel_id"),
        moment("expires_at", "到期时间", "Expires at"),
    ),
    stage="loyalty",
    zh="权益发放",
    en="Benefit grant",
)

TASK_DEF = Table(
    name="task_def",
    grain="one growth task or milestone",
    key=("task_code",),
    columns=(
        text("task_code", "任务", "Task", null=False),
        ref("programme_id", "会员计划", "Programme", "programme.programme_id", null=False),
        text("name_zh", "中文名", "Chinese name", null=False),
        text("name_en", "英文名", "English name", null=False),
        count("goal", "目标次数", "Times to do it"),
        count("growth_points", "奖励成长值", "Growth value earned"),
        count("points", "奖励积分", "Points earned"),
        flag("repeatable", "可重复", "Repeatable"),
    ),
    stage="definitions",
    zh="成长任务",
    en="Growth task",
)

TASK_PROGRESS = Table(
    name="task_progress",
    grain="one member's progress in one task; once_key makes a reward single",
    key=("once_key",),
    columns=(
        text("once_key", "唯一键", "Once key", null=False, privacy=PSEUDONYM),
        ref("task_code", "任务", "Task", "task_def.task_code", null=False),
        _member(),
        count("done", "已完成次数", "Times done"),
        moment("completed_at", "完成时间", "Completed at"),
    ),
    stage="loyalty",
    zh="任务进度",
    en="Task progress",
)

REDEMPTION_ITEM = Table(
    name="redemption_item",
    grain="one thing that points can buy",
    key=("item_id",),
    columns=(
        text("item_id", "兑换商品", "Item", null=False),
        text("name_zh", "中文名", "Chinese name", null=False),
        text("name_en", "英文名", "English name", null=False),
        count("points", "所需积分", "Points"),
        count("stock", "库存", "Stock", null=True),
    ),
    stage="loyalty",
    zh="积分商品",
    en="Redemption item",
)

LOYALTY = (
    PROGRAMME,
    TIER,
    MEMBER_TIER,
    GROWTH_LEDGER,
    POINTS_LOT,
    POINTS_LEDGER,
    BENEFIT,
    BENEFIT_GRANT,
    TASK_DEF,
    TASK_PROGRESS,
    REDEMPTION_ITEM,
)
