"""People who sign in: users with a role and its scope, the links that let them set a password, their sessions.

Grain: one user, one link, one session.  Of a password its argon2id hash is kept, of links and sessions the SHA-256 of
256 random bits, which needs no salt and no slowness.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from quanyu.clock import now
from quanyu.store.rows import columns_of
from quanyu.store.schema import user_account, user_link, user_session


@dataclass(frozen=True, slots=True)
class User:
    """A user without the password; times are UTC.

    `name` is what is typed to sign in (unique, without regard to case), `scope` the ids of brands, regions and stores
    that are reached, a kind left out is all of it.  Without `password_at` nobody has set a password yet; from
    `disabled_at` on nobody can sign in.
    """

    user_id: str
    name: str
    shown_name: str
    role: str
    scope: Mapping[str, Sequence[str]]
    created_at: datetime
    created_by: str
    password_at: datetime | None
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a browser: when it began, when it was last used (UTC, to the minute), and its token for writes."""

    session_id: str
    user_id: str
    csrf: str
    created_at: datetime
    seen_at: datetime


_COLUMNS = columns_of(User, user_account)
_SESSION = columns_of(Session, user_session)


def token_hash(token: str) -> str:
    """Return what is kept of a session or link: its SHA-256 (hex)."""
    return hashlib.sha256(token.encode()).hexdigest()


class Users:
    """The users, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, name: str, shown_name: str, role: str, scope: Mapping[str, Sequence[str]], by: str) -> User:
        """Record a new user, who has no password yet."""
        made = User(secrets.token_hex(6), name, shown_name, role, scope, now(), by, None, None)
        row = {column.name: getattr(made, column.name) for column in _COLUMNS}
        self._connection.execute(insert(user_account), {**row, "folded_name": name.casefold()})
        return made

    def get(self, user_id: str) -> User | None:
        """Return a user by id."""
        return self._one(user_account.c.user_id == user_id)

    def named(self, name: str) -> User | None:
        """Return a user by name, without regard to case."""
        return self._one(user_account.c.folded_name == name.casefold())

    def all(self) -> list[User]:
        """Return every user by name, disabled ones too."""
        return [_user(row) for row in self._connection.execute(select(*_COLUMNS).order_by(user_account.c.folded_name))]

    def count(self) -> int:
        """Return how many users there are, disabled ones too."""
        return int(self._connection.execute(select(func.count()).select_from(user_account)).scalar_one())

    def password_hash(self, user_id: str) -> str | None:
        """Return the hash of a user's password, None while there is none."""
        return self._connection.execute(
            select(user_account.c.password_hash).where(user_account.c.user_id == user_id)
        ).scalar()

    def set_password(self, user_id: str, kept: str) -> None:
        """Put a hash in place of a user's password."""
        self._change(user_id, {"password_hash": kept, "password_at": now()})

    def set_role(self, user_id: str, role: str, scope: Mapping[str, Sequence[str]]) -> None:
        """Give a user another role or scope."""
        self._change(user_id, {"role": role, "scope": scope})

    def set_disabled(self, user_id: str, *, is_disabled: bool) -> None:
        """Let a user sign in no more, or again."""
        self._change(user_id, {"disabled_at": now() if is_disabled else None})

    def make_link(self, user_id: str, by: str, lasts: timedelta) -> str:
        """Return the token of a link that sets the user's password once; links made before hold no longer."""
        self._connection.execute(delete(user_link).where(user_link.c.user_id == user_id))
        token = secrets.token_urlsafe(32)
        row = {"token_hash": token_hash(token), "user_id": user_id, "created_by": by, "expires_at": now() + lasts}
        self._connection.execute(insert(user_link), row)
        return token

    def of_link(self, token: str) -> User | None:
        """Return whose password a link sets while it holds."""
        holds = and_(user_link.c.token_hash == token_hash(token), user_link.c.expires_at > now())
        found = self._connection.execute(select(user_link.c.user_id).where(holds)).scalar()
        return None if found is None else self.get(found)

    def end_link(self, token: str) -> bool:
        """Let a link hold no longer; return whether it was there, so that of two who use it one comes first."""
        gone = delete(user_link).where(user_link.c.token_hash == token_hash(token))
        return self._connection.execute(gone).rowcount == 1

    def _one(self, condition: ColumnElement[bool]) -> User | None:
        row = self._connection.execute(select(*_COLUMNS).where(condition)).one_or_none()
        return None if row is None else _user(row)

    def _change(self, user_id: str, values: Mapping[str, Any]) -> None:
        self._connection.execute(update(user_account).where(user_account.c.user_id == user_id).values(**values))


class Sessions:
    """The sessions of browsers, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, user_id: str) -> tuple[Session, str]:
        """Begin a session and return it with its token, which only the browser keeps."""
        token, at = secrets.token_urlsafe(32), now()
        made = Session(secrets.token_hex(6), user_id, secrets.token_urlsafe(32), at, at)
        row = {column.name: getattr(made, column.name) for column in _SESSION}
        self._connection.execute(insert(user_session), {**row, "token_hash": token_hash(token)})
        return made, token

    def find(self, token: str, idle: timedelta, longest: timedelta) -> Session | None:
        """Return the session of a token that was used within `idle` and begun within `longest`."""
        at = now()
        holds = and_(
            user_session.c.token_hash == token_hash(token),
            user_session.c.seen_at > at - idle,
            user_session.c.created_at > at - longest,
        )
        row = self._connection.execute(select(*_SESSION).where(holds)).one_or_none()
        return None if row is None else Session(*tuple(row))

    def touch(self, session_id: str) -> None:
        """Note that a session is used now."""
        used = update(user_session).where(user_session.c.session_id == session_id)
        self._connection.execute(used, {"seen_at": now()})

    def of(self, user_id: str) -> list[Session]:
        """Return the sessions of a user, the newest first."""
        query = select(*_SESSION).where(user_session.c.user_id == user_id).order_by(user_session.c.created_at.desc())
        return [Session(*tuple(row)) for row in self._connection.execute(query)]

    def end(self, session_id: str, user_id: str) -> bool:
        """End a session of a user; return whether there was one."""
        mine = and_(user_session.c.session_id == session_id, user_session.c.user_id == user_id)
        return self._connection.execute(delete(user_session).where(mine)).rowcount == 1

    def end_all(self, user_id: str) -> int:
        """End every session of a user; return how many."""
        return self._connection.execute(delete(user_session).where(user_session.c.user_id == user_id)).rowcount

    def forget(self, longest: timedelta) -> None:
        """Remove sessions that ended by age."""
        self._connection.execute(delete(user_session).where(user_session.c.created_at < now() - longest))


def _user(row: Row[Any]) -> User:
    return User(*tuple(row))
