"""A tiny shop on disk: orders of two months with their lines and buyers, and a list of members; dirty on purpose.

Li buys as a member and by her mobile, which the list of members ties together.  Two rows are refused: order o9 has a
mobile of ten digits, m4 an unknown gender is no fault but its mobile is.
"""

from pathlib import Path

SETTINGS = """brand: tiny
name: {zh: 小店, en: Tiny shop}
time_zone: Asia/Shanghai
currency: CNY
industry: beauty
language: en
engine: {threads: 1, memory_limit: 1GB}
"""

ORDERS_SOURCE = """source: orders
system: till
format: csv
path: data/orders*.csv
feeds:
  - table: order
    key: [order]
    one_per: [order]
    columns:
      order_id: order
      paid_at: paid at
      status: {from: state, values: {done: completed, void: cancelled}}
      paid_fen: {from: amount, combine: sum}
    identifiers:
      - {type: member_id, from: [member]}
      - {type: mobile, from: [mobile]}
  - table: order_line
    key: [order, sku]
    columns:
      order_id: order
      line_no: {number_within: [order]}
      product_id: sku
      qty: {value: 1}
      paid_fen: amount
"""

MEMBERS_SOURCE = """source: members
system: crm
format: csv
path: data/members.csv
ignore_columns: [remark]
feeds:
  - table: membership
    key: [member]
    columns:
      member_id: member
      joined_at: joined
      status: {value: active}
    identifiers:
      - {type: member_id, from: [member]}
      - {type: mobile, from: [mobile]}
"""

ORDERS = """order,paid at,state,member,mobile,sku,amount
o1,2026-01-05 10:00:00,done,m1,,s1,100.00
o2,2026-01-09 11:00:00,done,,13912345678,s2,50.00
o3,2026-01-20 12:00:00,done,m2,,s1,80.00
o4,2026-02-03 10:00:00,done,m1,,s1,60.00
o4,2026-02-03 10:00:00,done,m1,,s2,40.00
o5,2026-02-11 18:30:00,done,m3,,s3,20.00
o6,2026-02-12 18:30:00,void,m2,,s3,500.00
o9,2026-02-14 09:00:00,done,,1391234567,s1,30.00
"""

MEMBERS = """member,mobile,joined,remark
m1,13912345678,2025-12-01 09:00:00,likes tea
m2,13800138111,2025-12-02 09:00:00,
m3,,2025-12-03 09:00:00,
"""


def make_shop(root: Path) -> Path:
    """Write the workspace into a folder and return it."""
    texts = {
        "quanyu.yaml": SETTINGS,
        "sources/orders.yaml": ORDERS_SOURCE,
        "sources/members.yaml": MEMBERS_SOURCE,
        "data/orders.csv": ORDERS,
        "data/members.csv": MEMBERS,
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
