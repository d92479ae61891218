"""Consents given and withdrawn, told by events or by traits: purpose and channel as far as they are stated."""

from collections.abc import Iterator, Mapping
from typing import Any

from quanyu.collect.act import Act
from quanyu.collect.conventions import Does, plain
from quanyu.collect.flat import Row, flag, text
from quanyu.collect.vocabulary import CONSENT_TRAITS, PURPOSES

# Where senders list purposes with a yes or no each; RudderStack lists the allowed and the denied ones apart.
_BY_PURPOSE = ("purposes", "preferences", "categorypreferences", "consentcategorypreferences", "consents", "consent")
_LISTS = {
    "allowedconsentids": "1",
    "deniedconsentids": "0",
    "consentmanagementallowedconsentids": "1",
    "consentmanagementdeniedconsentids": "0",
}
_CHANNELS = ("sms", "email", "push", "wecom")
_SPEAKS = {Does.CONSENT_GIVEN: "1", Does.CONSENT_WITHDRAWN: "0"}


def consents_of_event(act: Act, does: Does) -> tuple[Row, ...]:
    """Return one row per purpose the event names, one without purpose when it names none.

    None when neither yes nor no is told.
    """
    granted = _SPEAKS.get(does)
    answers = tuple(_answers(act))
    if answers and granted is None:
        return tuple(_row(act, number, answer, None) for number, answer in enumerate(answers, start=1))
    granted = granted or act.told.flag("granted")
    if granted is None:
        return ()
    channel = act.told.text("consent_channel") or next(
        (name for name in _CHANNELS if plain(act.record.event).startswith(name)), None
    )
    said = act.told.values.get("purpose")
    purposes = [text(each) for each in said] if isinstance(said, list) else [act.told.text("purpose")]
    return tuple(
        _row(act, number if len(purposes) > 1 else None, (purpose, granted), channel)
        for number, purpose in enumerate(purposes, start=1)
    )


def consents_of_trait(act: Act, trait: str, value: Any, places: Iterator[int]) -> tuple[Row, ...]:
    """Return what a trait of `CONSENT_TRAITS` says: one row, or one per purpose of an object.

    None when it says neither yes nor no.
    """
    purpose, channel, is_yes = CONSENT_TRAITS[trait]
    if isinstance(value, Mapping):
        answers = tuple((text(name), flag(said)) for name, said in value.items())
        return tuple(_row(act, next(places), answer, channel) for answer in answers if answer[1] is not None)
    said = flag(value)
    if said is None:
        return ()
    granted = said if is_yes else {"1": "0", "0": "1"}[said]
    return (_row(act, next(places), (purpose, granted), channel),)


def _answers(act: Act) -> Iterator[tuple[str | None, str]]:
    for name in _BY_PURPOSE:
        listed = act.around.values.get(name)
        if isinstance(listed, Mapping):
            answers = ((text(purpose), flag(said)) for purpose, said in listed.items())
            yield from ((purpose, granted) for purpose, granted in answers if granted is not None)
    for name, granted in _LISTS.items():
        listed = act.around.values.get(name)
        if isinstance(listed, list | tuple):
            yield from ((text(purpose), granted) for purpose in listed)


def _row(act: Act, place: int | None, answer: tuple[str | None, str | None], channel: str | None) -> Row:
    purpose, granted = answer
    if channel is None and purpose is not None and plain(purpose) in _CHANNELS:
        channel = plain(purpose)
    return act.row(
        "consent",
        place,
        consent_id=act.message_id(place),
        purpose=_purpose(purpose, channel),
        channel=channel,
        granted=granted,
        # A consent counts as one given apart from others only when its sender says so.
        separate=act.told.flag("separate") or "0",
        text_version=act.told.text("text_version"),
        evidence=f"{text(act.record.event) or act.record.kind} {act.message_id(None)}",
        partner_id=act.told.name("partner_id"),
    )


def _purpose(purpose: str | None, channel: str | None) -> str | None:
    """The purpose in the words of the table of consents; marketing over a known channel is that channel's purpose.

    Any other word stays: the table refuses it, so that the answer is seen and repaired and none is guessed.
    """
    if purpose is None or plain(purpose) == "marketing":
        return PURPOSES.get(plain(channel or ""), purpose)
    return PURPOSES.get(plain(purpose), purpose)
