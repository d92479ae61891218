"""Which keys this store was written with, so that another workspace's key is refused before it does harm."""

from sqlalchemy import Connection, insert, select, update

from quanyu.clock import now
from quanyu.errors import UserError
from quanyu.store.schema import vault_key
from quanyu.store.vault import Vault, key_mismatch

MATCHING = "matching"
ENCRYPTION = "encryption"


class Keys:
    """The ids of the keys used so far, inside one unit of work; keys themselves are never in the store."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def bind(self, vault: Vault) -> None:
        """Note the vault's keys at first use; later a vault with another matching key raises `vault.key_mismatch`.

        Hashes made with another matching key would make every known person a stranger, without any error.
        """
        matching = self._connection.execute(select(vault_key.c.key_id).where(vault_key.c.role == MATCHING)).scalar()
        if matching is None:
            self._note(vault.matching_key_id, MATCHING)
        elif matching != vault.matching_key_id:
            raise UserError(key_mismatch(needed=matching, given=vault.matching_key_id))
        in_use = self._connection.execute(select(vault_key.c.key_id).where(vault_key.c.role == ENCRYPTION)).scalars()
        if vault.key_id not in set(in_use):
            self._note(vault.key_id, ENCRYPTION)

    def retire(self, key_ids: list[str]) -> None:
        """Note that nothing is encrypted by these keys any more."""
        statement = update(vault_key).where(vault_key.c.role == ENCRYPTION, vault_key.c.key_id.in_(key_ids))
        self._connection.execute(statement, {"retired_at": now()})

    def _note(self, key_id: str, role: str) -> None:
        row = {"key_id": key_id, "role": role, "first_used_at": now()}
        self._connection.execute(insert(vault_key), row)
