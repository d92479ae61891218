"""How advertising platforms want mobile numbers before they are hashed, and which hash.

The vault holds numbers as ingest normalised them: eleven digits for the mainland, `+` and country code elsewhere.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from quanyu.errors import Problem, UserError, did_you_mean

_MAINLAND: Final = re.compile(r"1[3-9][0-9]{9}")
_ABROAD: Final = re.compile(r"\+[1-9][0-9]{7,14}")


class Hash(StrEnum):
    """The hash a platform compares, in lower-case hex."""

    SHA256 = "sha256"
    MD5 = "md5"


class Spelling(StrEnum):
    """How a number is written before it is hashed.

    MAINLAND: the eleven digits alone; numbers of other countries have no such form.  E164: `+8613912345678`.
    DIGITS: `8613912345678`.
    """

    MAINLAND = "mainland"
    E164 = "e164"
    DIGITS = "digits"


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform: its name, how it wants numbers, the hashes it takes, where that is said.

    The first hash is the default; `heading` is the first line of the file, None where the platform wants none.
    """

    code: str
    zh: str
    en: str
    spelling: Spelling
    hashes: tuple[Hash, ...]
    source: str
    heading: str | None = None


_CHINA: Final = "the platform's upload page in its console; check it before the first upload"

PLATFORMS: Final[Mapping[str, Platform]] = {
    one.code: one
    for one in (
        Platform("ocean_engine", "巨量引擎", "Ocean Engine", Spelling.MAINLAND, (Hash.SHA256, Hash.MD5), _CHINA),
        Platform("tencent_ads", "腾讯广告", "Tencent Ads", Spelling.MAINLAND, (Hash.MD5, Hash.SHA256), _CHINA),
        Platform("alibaba", "阿里达摩盘", "Alibaba DMP", Spelling.MAINLAND, (Hash.MD5, Hash.SHA256), _CHINA),
        Platform(
            "alipay", "支付宝", "Alipay", Spelling.MAINLAND, (Hash.SHA256,), "QipanMerchantCrowdUser: sha256(手机号码)"
        ),
        Platform("kuaishou", "磁力引擎", "Kuaishou", Spelling.MAINLAND, (Hash.MD5, Hash.SHA256), _CHINA),
        Platform(
            "google",
            "谷歌",
            "Google",
            Spelling.E164,
            (Hash.SHA256,),
            "Customer Match, prepare user data: E.164, SHA-256",
            "Phone",
        ),
        Platform(
            "meta", "Meta", "Meta", Spelling.DIGITS, (Hash.SHA256,), "customer file: digits with country code", "phone"
        ),
        Platform(
            "tiktok",
            "TikTok",
            "TikTok",
            Spelling.DIGITS,
            (Hash.SHA256,),
            "customer file: symbols removed, + too, country code added; its printed example is such a hash",
            "Phone_SHA256",
        ),
    )
}

_HASHES: Final[Mapping[Hash, Callable[[bytes], str]]] = {
    Hash.SHA256: lambda text: hashlib.sha256(text).hexdigest(),
    Hash.MD5: lambda text: hashlib.md5(text, usedforsecurity=False).hexdigest(),
}


def find_platform(code: str, hash_name: str | None) -> tuple[Platform, Hash]:
    """Return a platform and the hash to use; raises UserError `export.platform`, `export.hash`."""
    platform = PLATFORMS.get(code)
    if platform is None:
        remedy = did_you_mean(code, tuple(PLATFORMS)) or f"There are {', '.join(PLATFORMS)}."
        raise UserError(Problem("export.platform", f'No platform "{code[:40]}".', remedy))
    if hash_name is None:
        return platform, platform.hashes[0]
    if hash_name not in platform.hashes:
        taken = ", ".join(platform.hashes)
        raise UserError(Problem("export.hash", f'{platform.en} takes no "{hash_name[:20]}".', f"It takes {taken}."))
    return platform, Hash(hash_name)


def spelled(number: str, spelling: Spelling) -> str | None:
    """Return a number of the vault as a platform wants it, None when it has no such form."""
    is_mainland = _MAINLAND.fullmatch(number) is not None
    if spelling is Spelling.MAINLAND:
        return number if is_mainland else None
    full = f"+86{number}" if is_mainland else number
    if not _ABROAD.fullmatch(full):
        return None
    return full if spelling is Spelling.E164 else full[1:]


def hashed(numbers: Sequence[str], platform: Platform, name: Hash) -> list[str]:
    """Return the hash of every number that has the platform's form, in their order."""
    digest = _HASHES[name]
    forms = (spelled(number, platform.spelling) for number in numbers)
    return [digest(form.encode("ascii")) for form in forms if form is not None]
