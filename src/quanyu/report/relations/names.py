"""What places and things are called: channels, touchpoints, stores, in the language of the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from quanyu.config import Language
from quanyu.report.reading import Reader

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class _Channel:
    channel_id: str
    name_zh: str | None
    name_en: str | None


@dataclass(frozen=True, slots=True)
class _Touchpoint:
    touchpoint_id: str
    name_zh: str | None
    name_en: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """Names by kind (`channel`, `touchpoint`) and id: Chinese and English, either may be missing."""

    by_id: Mapping[tuple[str, str], tuple[str | None, str | None]] = field(default_factory=dict)

    def of(self, kind: str, key: str, language: Language) -> str:
        """Return the name in the language, else in the other one, else the id."""
        zh, en = self.by_id.get((kind, key), (None, None))
        first, second = (zh, en) if language is Language.ZH else (en, zh)
        return first or second or key


def read_names(read: Reader) -> Names:
    """Return the names the build knows."""
    found: dict[tuple[str, str], tuple[str | None, str | None]] = {}
    for channel in read.rows(_Channel, "channel"):
        found["channel", channel.channel_id] = (channel.name_zh, channel.name_en)
    for touchpoint in read.rows(_Touchpoint, "touchpoint"):
        found["touchpoint", touchpoint.touchpoint_id] = (touchpoint.name_zh, touchpoint.name_en)
    return Names(found)
