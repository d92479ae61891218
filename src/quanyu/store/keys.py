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
        self._bind_encryption(vault)

    def retire_others(self, vault: Vault) -> None:
        """Note that from now on only the vault's newest key encrypts."""
        statement = update(vault_key).where(
            vault_key.c.role == ENCRYPTION, vault_key.c.key_id != vault.key_id, vault_key.c.retired_at.is_(None)
        )
        self._connection.execute(statement, {"retired_at": now()})

    def _bind_encryption(self, vault: Vault) -> None:
        query = select(vault_key.c.key_id, vault_key.c.retired_at).where(vault_key.c.role == ENCRYPTION)
        retired_at = {key_id: moment for key_id, moment in self._connection.execute(query)}
        if vault.key_id not in retired_at:
            self._note(vault.key_id, ENCRYPTION)
        elif retired_at[vault.key_id] is not None:
            # A copy of the key file from before a rotation: what it encrypts, the newer key file could not read.
            in_use = next((key_id for key_id, moment in retired_at.items() if moment is None), "?")
            raise UserError(key_mismatch(needed=in_use, given=vault.key_id))

    def _note(self, key_id: str, role: str) -> None:
        row = {"key_id": key_id, "role": role, "first_used_at": now()}
        self._connection.execute(insert(vault_key), row)
