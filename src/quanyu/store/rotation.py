"""A new encryption key: everything encrypted is encrypted anew, then the old keys are forgotten."""

import os
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, bindparam, select, update

from quanyu.store.columns import KEY
from quanyu.store.rows import CHUNK
from quanyu.store.schema import deletion, identifier_vault, quarantine_row
from quanyu.store.unit_of_work import Store
from quanyu.store.vault import Vault, open_vault, write_keys

_KEY_BYTES: Final = 32


def rotate_key(store: Store, key_file: Path) -> Vault:
    """Encrypt the whole store by a new key, drop the keys before it, and return the new vault.

    Matching hashes, and so identifiers and persons, stay as they are: the matching key is never rotated.  A process
    that dies in the middle leaves a key file with both keys, and every value readable; run it again.  Hold the run
    lease around it.  Raises as `open_vault` and `Keys.bind`.
    """
    old = open_vault(key_file)
    with store.transaction() as work:
        work.keys.bind(old)
    # The new key is on disk before the first value depends on it.
    both = Vault((*old.keys, os.urandom(_KEY_BYTES)))
    write_keys(key_file, both.keys, exclusive=False)
    with store.transaction() as work:
        work.keys.bind(both)
        work.keys.retire_others(both)
        work.answers.clear()
    _encrypt_anew(store, both, identifier_vault.c.identifier_id, [identifier_vault.c.value_enc])
    _encrypt_anew(
        store, both, quarantine_row.c.quarantine_id, [quarantine_row.c.payload_enc, quarantine_row.c.edits_enc]
    )
    _encrypt_anew(store, both, deletion.c.request_id, [deletion.c.plan_enc])
    new = Vault((old.keys[0], both.keys[-1]))
    write_keys(key_file, new.keys, exclusive=False)
    return new


def _encrypt_anew(store: Store, vault: Vault, number: Column[int], values: list[Column[Any]]) -> None:
    """Encrypt columns of a table anew, a few thousand rows to a unit of work, so that others get their turn."""
    after: int | None = None
    while True:
        with store.transaction() as work:
            after = _encrypt_page(work.connection, vault, number, values, after)
        if after is None:
            return


def _encrypt_page(
    connection: Connection, vault: Vault, number: Column[int], values: list[Column[Any]], after: int | None
) -> int | None:
    """Encrypt the next rows; return the last number, or None when there are no more."""
    query = select(number, *values).order_by(number).limit(CHUNK)
    page = connection.execute(query if after is None else query.where(number > after)).all()
    if not page:
        return None
    numbers = [row[0] for row in page]
    columns = [_renewed([row[place] for row in page], vault) for place in range(1, len(values) + 1)]
    names = [f"new_{value.name}" for value in values]
    rows = [dict(zip(["number", *names], row, strict=True)) for row in zip(numbers, *columns, strict=True)]
    connection.execute(_renewal(number, values, vault), rows)
    return int(numbers[-1])


def _renewal(number: Column[int], values: list[Column[Any]], vault: Vault) -> Any:
    table: Table = number.table
    changes: dict[str, Any] = {value.name: bindparam(f"new_{value.name}") for value in values}
    if "key_id" in table.c:
        changes["key_id"] = vault.key_id
    return update(table).where(number == bindparam("number", type_=KEY)).values(changes)


def _renewed(encrypted: list[bytes | None], vault: Vault) -> list[bytes | None]:
    """Return values encrypted by the newest key; None, a row without the value, stays None."""
    again = iter(vault.encrypt_many(vault.decrypt_many([value for value in encrypted if value is not None])))
    return [None if value is None else next(again) for value in encrypted]
