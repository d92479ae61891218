"""Tables about a run itself: what came in and was kept, and what the checks of the data found."""

from quanyu.tables.columns import count, day, flag, rate, text
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

READINESS = Table(
    name="readiness",
    grain="one need of one model; a model is computable when every required need is met",
    key=("model", "need_no"),
    columns=(
        text("model", "模型", "Model", null=False),
        count("need_no", "序号", "Number of the need"),
        text("need", "数据需求", "Need", null=False),
        text("reference", "定义", "Definition", null=False),
        text("model_zh", "模型中文名", "Chinese name of the model", null=False),
        text("model_en", "模型英文名", "English name of the model", null=False),
        text("need_zh", "需求说明(中文)", "The need in Chinese", null=False),
        text("need_en", "需求说明(英文)", "The need in English", null=False),
        text("connect_zh", "接入建议(中文)", "What to connect, in Chinese", null=False),
        text("connect_en", "接入建议(英文)", "What to connect, in English", null=False),
        text("tables", "来源表", "Tables that can meet it", null=False),
        flag("is_required", "必需", "Required"),
        count("rows", "行数", "Rows found in the best of them"),
        flag("is_met", "已满足", "Met"),
    ),
    stage="diagnosis",
    zh="数据就绪度",
    en="Readiness",
)

RUN = (RECONCILIATION, DATA_QUALITY, READINESS)
