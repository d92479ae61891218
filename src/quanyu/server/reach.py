"""Whom somebody asks about, if they reach them: a person of another store is nobody, like one who is not there."""

from typing import Final

from quanyu.errors import Problem, UserError
from quanyu.server.guard import Asking
from quanyu.server.state import Here
from quanyu.services.identity import Asked, current_person, find_asked
from quanyu.services.scope import is_within

NOBODY: Final = Problem("identity.nobody", "This identifier belongs to nobody.", "Ask for another one.")


def find_reached(asking: Asking, here: Here, text: str) -> Asked:
    """Return whom a text names, the id of a person or an identifier; raises UserError as `find_asked`.

    Whoever reaches a part of the brand finds the persons of that part only: everybody else, known or not, is answered
    with `identity.nobody`, so that the answer does not tell which of both it was.
    """
    asked = find_asked(here.project, here.store, text, asking.actor)
    if not asking.caller.scope.is_all and not _is_reached(asking, here, asked):
        raise UserError(NOBODY)
    return asked


def _is_reached(asking: Asking, here: Here, asked: Asked) -> bool:
    try:
        person = current_person(here.engine, asked.identifier_id)
    except UserError:
        return False
    return person is not None and is_within(here.engine, asking.caller.scope, person)
