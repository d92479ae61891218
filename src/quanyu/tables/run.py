"""Tables about a run itself: what came in and was kept, and what the checks of the data found."""

from quanyu.tables.columns import count, day, rate, text
from quanyu.tables.contract import Table

RECONCILIATION = Table(
    name="reconciliation",
    grain="one source and day of receipt; received = stored + quarantined + duplicate",
    key=("source", "day"),
    columns=(
        text("source", "来源", "Source", null=False),
        day("day", "接收日期", "Day of receipt", null=False),
        count("received", "接收行数", "Rows received"),
        count("stored", "入库行数", "Rows stored"),
        count("quarantined", "隔离行数", "Rows quarantined"),
        count("duplicate", "重复行数", "Duplicate rows"),
    ),
    stage="ingest",
    zh="对账",
    en="Reconciliation",
)

DATA_QUALITY = Table(
    name="data_quality",
    grain="one check of one table and column; an empty column name is a check of the whole table",
    key=("check_code", "table_name", "column_name"),
    columns=(
        text("check_code", "检查项", "Check", null=False),
        text("table_name", "表", "Table", null=False),
        text("column_name", "字段", "Column", null=False),
        text("severity", "级别", "Severity", null=False, values=("error", "warning", "info")),
        count("rows_checked", "检查行数", "Rows checked"),
        count("rows_failed", "不合格行数", "Rows that failed"),
        rate("failed_rate", "不合格率", "Share that failed"),
        text("sample", "样例(不含个人信息)", "Sample without personal data"),
    ),
    stage="facts",
    zh="数据质量",
    en="Data quality",
)

RUN = (RECONCILIATION, DATA_QUALITY)
