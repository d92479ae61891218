"""Every row gets the ids of its own identifiers, though each different value is hashed once."""

from typing import Any

from ingest.workplace import Workplace
from quanyu.ingest.lookup import identifier_id_of
from quanyu.store import open_vault

ORDERS = """
source: orders
system: shop
format: csv
path: data/*.csv
feeds:
  - table: order
    key: id
    columns: {order_id: id, status: {value: paid}, paid_fen: paid}
    identifiers:
      - {type: mobile, from: phone}
      - {type: member_id, from: member}
      - {type: mobile, from: receiver}
"""
ROWS = 6_000


def _phone(number: int) -> str:
    return f"139{number:08}"


def test_rows_keep_their_own_identifiers_and_the_strongest_counts(place: Workplace) -> None:
    """6,000 orders of 7 members, 11 mobiles and 5 receivers; every third names no member, every second no mobile."""
    place.source(ORDERS)
    lines = ["id,paid,phone,member,receiver"]
    for number in range(ROWS):
        member = f"M{number % 7}" if number % 3 else ""
        phone = _phone(number % 11) if number % 2 else ""
        lines.append(f"{number},1.00,{phone},{member},{_phone(number % 5)}")
    place.file("\n".join(lines) + "\n")
    assert place.ingest().rows.stored == ROWS
    vault = open_vault(place.workspace.key_file)
    members: dict[str, Any] = {
        f"M{number}": identifier_id_of(vault, "member_id", "", f"M{number}") for number in range(7)
    }
    phones: dict[str, Any] = {
        _phone(number): identifier_id_of(vault, "mobile", "", _phone(number)) for number in range(11)
    }
    for order, found in place.rows("order", "source_id", "identifier_id"):
        number = int(order)
        first = _phone(number % 11 if number % 2 else number % 5)
        assert found == (members[f"M{number % 7}"] if number % 3 else phones[first])
    assert {row[0] for row in place.rows("identifier", "identifier_id")} == {*members.values(), *phones.values()}
    with place.store.reading() as work:
        kept = work.identifiers.get([*members.values(), *phones.values()])
    originals = {vault.decrypt_many([one.value_enc])[0].decode(): one.identifier_id for one in kept}
    assert originals == members | phones
