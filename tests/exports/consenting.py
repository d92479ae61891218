"""A shop whose members were asked: consent to advertising and messages, attributes, some of them hostile.

| member | mobile | ads_matching | marketing_sms |
| m1 | 13912345678 | yes | yes |
| m2 | 13800138111 | yes, then no | yes |
| m3 | | yes | |
| m4 | 13700137003 | yes | |
| m5 | +85291234567 | yes | yes |
| m6 | 13600136004 | never asked | |
"""

import shutil
from functools import cache
from pathlib import Path

import pytest

from services.shop import NOW, SETTINGS, make_shop, quanyu

MEMBERS = """member,mobile,joined,city,remark
m1,13912345678,2025-12-01 09:00:00,"=HYPERLINK(""http://x"")",
m2,13800138111,2025-12-02 09:00:00,上海,
m3,,2025-12-03 09:00:00,上海,
m4,13700137003,2025-12-03 09:00:00,-12,
m5,+852 9123 4567,2025-12-03 09:00:00,香港,
m6,13600136004,2025-12-03 09:00:00,上海,
"""

CITY = """  - table: person_attribute
    name: city
    key: [member]
    columns:
      attribute: {value: city}
      value: city
    identifiers:
      - {type: member_id, from: [member]}
"""

CONSENTS_SOURCE = """source: consents
system: crm
format: csv
path: data/consents.csv
feeds:
  - table: consent
    key: [id]
    columns:
      consent_id: id
      purpose: purpose
      granted: granted
      separate: {value: true}
      text_version: {value: v1}
      occurred_at: at
    identifiers:
      - {type: member_id, from: [member]}
"""

CONSENTS = """id,member,purpose,granted,at
c1,m1,ads_matching,true,2025-12-05 10:00:00
c2,m2,ads_matching,true,2025-12-05 10:00:00
c3,m2,ads_matching,false,2026-01-05 10:00:00
c4,m3,ads_matching,true,2025-12-05 10:00:00
c5,m4,ads_matching,true,2025-12-05 10:00:00
c6,m5,ads_matching,true,2025-12-05 10:00:00
c7,m1,marketing_sms,true,2025-12-05 10:00:00
c8,m2,marketing_sms,true,2025-12-05 10:00:00
c9,m5,marketing_sms,true,2025-12-05 10:00:00
"""


def make_consenting(root: Path, small_group: int = 2) -> Path:
    """Write the workspace into a folder and return it."""
    make_shop(root)
    source = root / "sources" / "members.yaml"
    source.write_text(source.read_text() + CITY)
    (root / "quanyu.yaml").write_text(SETTINGS + f"parameters: {{P.small_group: {small_group}}}\n")
    (root / "sources" / "consents.yaml").write_text(CONSENTS_SOURCE)
    (root / "data" / "members.csv").write_text(MEMBERS, encoding="utf-8")
    (root / "data" / "consents.csv").write_text(CONSENTS)
    return root


@cache
def _asked_once(base: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUANYU_NOW", NOW)
        root = make_consenting(base / "shop-asked-once")
        result = quanyu("run", "--quiet", "--workspace", root)
        assert result.exit_code == 0, result.output
        return root


@pytest.fixture(scope="session")
def asked_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _asked_once(tmp_path_factory.getbasetemp())


@pytest.fixture
def asked(asked_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUANYU_NOW", NOW)
    return Path(shutil.copytree(asked_once, tmp_path / "shop"))
