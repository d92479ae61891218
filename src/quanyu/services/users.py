"""People who sign in: made by an administrator, let in by a password they set over a link that works once.

Every change is audited; no password, token or link ever is.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from quanyu.clock import now
from quanyu.errors import Problem, UserError, Where, did_you_mean
from quanyu.services.permissions import Caller, Permission, Scope
from quanyu.services.roles import Role, Roles, unknown_role
from quanyu.store import AuditEntry, Session, Store, UnitOfWork, User
from quanyu.store.passwords import hash_password, is_outdated, is_password

LEAST: Final = 12
MOST: Final = 128
IDLE: Final = timedelta(hours=8)
LONGEST: Final = timedelta(days=7)
LINK_LASTS: Final = timedelta(days=1)
FIRST: Final = "admin"
"""Name of the user that the first start makes."""

SCOPES: Final = ("brands", "regions", "stores")
_PURPOSE: Final = "access"
_SEEN_EVERY: Final = timedelta(minutes=1)
_FEWEST_LETTERS: Final = 5
_COMMON: Final = frozenset(
    "password1234 passwordpassword qwertyuiop123 qwertyuiopasdf 1q2w3e4r5t6y iloveyou1234 administrator welcome12345 "
    "letmein12345 adminadmin123 woaini1314520 woaini520131 5201314520131 a123456789012 abc123456789 qazwsxedcrfv "
    "1qaz2wsx3edc changeme1234 zxcvbnm12345 football1234".split()
)
_WRONG: Final = Problem("access.login", "Name or password is wrong.", "Ask an administrator for a new link if need be.")
_NO_USER: Final = Problem("access.no_user", "This account is no user here.", "Ask an administrator to add it.")
_NO_LINK: Final = Problem("access.link", "This link holds no longer.", "Ask an administrator for a new one.")


@dataclass(frozen=True, slots=True)
class SignIn:
    """A session just begun: its token is for the browser alone."""

    user: User
    session: Session
    token: str


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user just made, and the token of the link that sets the password."""

    user: User
    link: str


def first_link(store: Store) -> str | None:
    """Return the token of a link for the administrator of the first start, made now; None when there are users.

    While the first administrator has no password each start gives a new link, and the one before holds no longer.
    """
    with store.transaction() as work:
        if work.users.count() == 0:
            return _add(work, FIRST, FIRST, "admin", {}, "system").link
        first = work.users.named(FIRST)
        if first is None or first.password_at is not None or work.users.count() > 1:
            return None
        return work.users.make_link(first.user_id, "system", LINK_LASTS)


def add_user(
    store: Store, roles: Roles, name: str, role: str, actor: str, scope: Mapping[str, Sequence[str]] | None = None
) -> NewUser:
    """Make a user who can set a password for a day; raises UserError with every problem of name, role and scope."""
    problems = [*_name_problems(name), *_role_problems(roles, role, scope or {})]
    if problems:
        raise UserError(problems)
    with store.transaction() as work:
        if work.users.named(name) is not None:
            raise UserError(Problem("user.exists", f'There is a user "{name}".', "Choose another name.", _at("name")))
        return _add(work, name, name, role, scope or {}, actor)


def list_users(store: Store) -> list[User]:
    """Return every user by name, disabled ones too."""
    with store.reading() as work:
        return work.users.all()


def find_user(store: Store, name: str) -> User | Problem:
    """Return a user by name, or the problem of naming one that does not exist."""
    with store.reading() as work:
        found, names = work.users.named(name), [one.name for one in work.users.all()]
    if found is not None:
        return found
    remedy = did_you_mean(name, names) or "List them with `quanyu users list`."
    return Problem("user.unknown", f'No user "{name[:64]}".', remedy, _at("name"))


def get_user(store: Store, user_id: str) -> User:
    """Return a user by id; raises UserError `user.unknown`."""
    with store.reading() as work:
        return _known(work, user_id)


def new_link(store: Store, user_id: str, actor: str) -> str:
    """Return the token of a link that sets a user's password once, within a day; links before it hold no longer."""
    with store.transaction() as work:
        user = _known(work, user_id)
        _note(work, actor, "user.link", user)
        return work.users.make_link(user.user_id, actor, LINK_LASTS)


def set_role(
    store: Store, roles: Roles, user_id: str, role: str, scope: Mapping[str, Sequence[str]], actor: str
) -> User:
    """Give a user another role or scope; sessions end, so that the next one begins with the new rights."""
    problems = _role_problems(roles, role, scope)
    if problems:
        raise UserError(problems)
    with store.transaction() as work:
        user = _known(work, user_id)
        if role != "admin":
            _refuse_last_admin(work, roles, user)
        work.users.set_role(user_id, role, scope)
        work.sessions.end_all(user_id)
        _note(work, actor, "user.role", user, role=role, scope=scope)
        return _known(work, user_id)


def set_disabled(store: Store, roles: Roles, user_id: str, actor: str, *, is_disabled: bool) -> User:
    """Let a user sign in no more, ending all sessions at once, or again."""
    with store.transaction() as work:
        user = _known(work, user_id)
        if is_disabled:
            _refuse_last_admin(work, roles, user)
            work.sessions.end_all(user_id)
        work.users.set_disabled(user_id, is_disabled=is_disabled)
        _note(work, actor, "user.disabled" if is_disabled else "user.enabled", user)
        return _known(work, user_id)


def user_of_link(store: Store, token: str) -> User:
    """Return whose password a link sets; raises UserError `access.link`."""
    with store.reading() as work:
        found = work.users.of_link(token)
    if found is None or found.disabled_at is not None:
        raise UserError(_NO_LINK)
    return found


def use_link(store: Store, token: str, password: str) -> SignIn:
    """Set the password of a link's user, end every session before, and begin one; the link works once."""
    user = user_of_link(store, token)
    _check_password(user, password)
    kept = hash_password(password)
    with store.transaction() as work:
        if not work.users.end_link(token):
            raise UserError(_NO_LINK)
        return _begin(work, user, kept, "user.password_set")


def sign_in(store: Store, name: str, password: str) -> SignIn:
    """Begin a session; raises UserError `access.login` for a wrong name, password or a disabled user alike."""
    with store.reading() as work:
        user = work.users.named(name[:MOST])
        kept = None if user is None or user.disabled_at is not None else work.users.password_hash(user.user_id)
    is_right = is_password(password[: 4 * MOST], kept)
    if user is None or kept is None or not is_right:
        raise UserError(_WRONG)
    renewed = hash_password(password) if is_outdated(kept) else None
    with store.transaction() as work:
        return _begin(work, user, renewed, "user.signed_in")


def sign_in_as(store: Store, name: str) -> SignIn:
    """Begin a session of a user whom somebody else vouches for; raises UserError `access.no_user`.

    Nobody becomes a user by signing in: an administrator says who may, and what.
    """
    with store.transaction() as work:
        user = work.users.named(name[:MOST])
        if user is None or user.disabled_at is not None:
            raise UserError(_NO_USER)
        return _begin(work, user, None, "user.signed_in")


def change_password(store: Store, user_id: str, old: str, new: str) -> SignIn:
    """Put a new password in place of the old one, end every session and begin another.

    Raises UserError `access.login` for a wrong old one, `user.password` for a weak new one.
    """
    with store.reading() as work:
        user, kept = _known(work, user_id), work.users.password_hash(user_id)
    if not is_password(old[: 4 * MOST], kept):
        raise UserError(_WRONG)
    _check_password(user, new)
    hashed = hash_password(new)
    with store.transaction() as work:
        return _begin(work, user, hashed, "user.password_changed")


def sign_out(store: Store, user_id: str, session_id: str) -> bool:
    """End a session of a user; return whether there was one."""
    with store.transaction() as work:
        return work.sessions.end(session_id, user_id)


def sessions_of(store: Store, user_id: str) -> list[Session]:
    """Return the sessions of a user that hold, the newest first."""
    with store.reading() as work:
        at = now()
        return [one for one in work.sessions.of(user_id) if one.seen_at > at - IDLE and one.created_at > at - LONGEST]


def end_sessions(store: Store, user_id: str, actor: str) -> int:
    """End every session of a user, who may sign in again; return how many there were."""
    with store.transaction() as work:
        user = _known(work, user_id)
        ended = work.sessions.end_all(user_id)
        _note(work, actor, "user.sessions_ended", user, sessions=ended)
    return ended


def caller_of_session(store: Store, roles: Roles, token: str) -> tuple[Caller, Session] | None:
    """Return who asks with a session's token, and the session; None for one that holds no longer."""
    with store.reading() as work:
        session = work.sessions.find(token, IDLE, LONGEST)
        user = None if session is None else work.users.get(session.user_id)
    if session is None or user is None or user.disabled_at is not None or user.role not in roles:
        return None
    if now() - session.seen_at > _SEEN_EVERY:
        with store.transaction() as work:
            work.sessions.touch(session.session_id)
    return caller_of(user, roles[user.role]), session


def caller_of(user: User, role: Role) -> Caller:
    """Return a user as somebody who asks, with the rights of the role in its scope."""
    held = {kind: frozenset(user.scope[kind]) if kind in user.scope else None for kind in SCOPES}
    scope = Scope(brands=held["brands"], regions=held["regions"], stores=held["stores"])
    return Caller(user.user_id, user.shown_name, "user", role.permissions, scope, user.role)


def read_scope(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return a scope of texts such as `stores=S001,S002`; raises UserError with every problem."""
    found: dict[str, list[str]] = {}
    problems = []
    for text in texts:
        kind, _, ids = text.partition("=")
        named = [one.strip() for one in ids.split(",") if one.strip()]
        if kind not in SCOPES or not named:
            message = f'"{text[:60]}" is no scope.'
            problems.append(Problem("user.scope", message, f"Write one of {', '.join(SCOPES)}, then =ID,ID."))
        else:
            found[kind] = named
    if problems:
        raise UserError(problems)
    return found


def _add(
    work: UnitOfWork, name: str, shown_name: str, role: str, scope: Mapping[str, Sequence[str]], actor: str
) -> NewUser:
    user = work.users.add(name, shown_name, role, scope, actor)
    _note(work, actor, "user.made", user, role=role, scope=scope)
    return NewUser(user, work.users.make_link(user.user_id, actor, LINK_LASTS))


def _begin(work: UnitOfWork, user: User, kept: str | None, action: str) -> SignIn:
    """Begin a session; with a new password every other one ends."""
    if kept is not None:
        work.users.set_password(user.user_id, kept)
    if action != "user.signed_in":
        work.sessions.end_all(user.user_id)
    work.sessions.forget(LONGEST)
    session, token = work.sessions.begin(user.user_id)
    _note(work, f"user:{user.user_id}", action, user)
    return SignIn(user, session, token)


def _known(work: UnitOfWork, user_id: str) -> User:
    found = work.users.get(user_id)
    if found is None:
        near = did_you_mean(user_id, [one.user_id for one in work.users.all()])
        remedy = near or "List them with `quanyu users list`."
        raise UserError(Problem("user.unknown", f'No user "{user_id[:40]}".', remedy))
    return found


def _refuse_last_admin(work: UnitOfWork, roles: Roles, user: User) -> None:
    def administers(one: User) -> bool:
        return (
            one.disabled_at is None and Permission.ADMIN in roles[one.role].permissions if one.role in roles else False
        )

    others = [one for one in work.users.all() if one.user_id != user.user_id and administers(one) and not one.scope]
    if administers(user) and not others:
        message = f"{user.name} is the last administrator."
        raise UserError(Problem("user.last_admin", message, "Make another one first."))


def _name_problems(name: str) -> list[Problem]:
    if name.strip() == name and 1 <= len(name) <= 64 and name.isprintable():
        return []
    return [
        Problem(
            "user.name",
            "A name has 1 to 64 characters, none of them invisible.",
            "Use an e-mail address, say.",
            _at("name"),
        )
    ]


def _role_problems(roles: Roles, role: str, scope: Mapping[str, Sequence[str]]) -> list[Problem]:
    if role not in roles:
        return [replace(unknown_role(roles, role, "user.role_unknown"), where=_at("role"))]
    unknown = sorted(set(scope) - set(SCOPES))
    if unknown:
        return [
            Problem(
                "user.scope", f"No scope {', '.join(unknown)[:60]}.", f"There are {', '.join(SCOPES)}.", _at("scope")
            )
        ]
    needed = roles[role].narrowed_to
    if needed and not scope.get(needed):
        return [
            Problem("user.scope", f"The role {role} is for some {needed} only.", f"Say which {needed}.", _at("scope"))
        ]
    return []


def _check_password(user: User, password: str) -> None:
    faults = []
    if not LEAST <= len(password) <= MOST:
        faults.append(f"A password has {LEAST} to {MOST} characters.")
    folded = password.casefold()
    if folded in _COMMON or len(set(folded)) < _FEWEST_LETTERS or folded in "01234567890123456789":
        faults.append("This password is among the first ones tried.")
    if len(user.name) >= 4 and user.name.casefold() in folded:
        faults.append("A password does not hold the name.")
    if faults:
        remedy = "Take a sentence that only you would say."
        raise UserError([Problem("user.password", fault, remedy, _at("password")) for fault in faults])


def _note(work: UnitOfWork, actor: str, action: str, user: User, **more: object) -> None:
    detail = {"user_id": user.user_id, **json.loads(json.dumps(more))}
    work.audit.add(AuditEntry(actor, action, "user", 1, _PURPOSE, detail))


def _at(field: str) -> Where:
    return Where(field=field)
