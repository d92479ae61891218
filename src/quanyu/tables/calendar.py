"""The calendar of a build: the periods it reports and the dates of its stage snapshots, made from as_of."""

from quanyu.tables.analytics import PERIOD
from quanyu.tables.columns import count, day, flag
from quanyu.tables.contract import Table

REPORT_PERIOD = Table(
    name="report_period",
    grain="one natural period that overlaps the known orders; periods are half-open",
    key=("period_kind", "period_start_date"),
    columns=(
        *PERIOD,
        day("previous_start_date", "上期开始日", "First day of the previous period", null=False),
        flag("is_complete", "周期完整", "Period is complete"),
        count("period_no", "周期序号", "Number of the period among its kind"),
    ),
    stage="facts",
    zh="报告周期",
    en="Report period",
)

SNAPSHOT_DATE = Table(
    name="snapshot_date",
    grain="one date on which stage snapshots are taken: month ends and the build date",
    key=("date",),
    columns=(
        day("date", "快照日期", "Snapshot date", null=False),
        day("previous_date", "上一快照日期", "Previous snapshot date"),
        count("date_no", "快照序号", "Number of the snapshot"),
    ),
    stage="facts",
    zh="快照日期",
    en="Snapshot date",
)

CALENDAR = (REPORT_PERIOD, SNAPSHOT_DATE)
