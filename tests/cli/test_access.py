"""`quanyu keys`: made, listed, revoked; every making and revoking is recorded."""

from pathlib import Path

from quanyu.services.project import open_operations, open_project
from services.shop import problems, quanyu, told

LIVE = "source: site\nsystem: shop\nformat: live\n"


def test_keys_are_made_listed_and_revoked_on_record(shop: Path) -> None:
    (shop / "sources" / "site.yaml").write_text(LIVE, encoding="utf-8")
    api = told("keys", "api", "report", "--role", "analyst", "-w", shop, "--actor", "li")
    write = told("keys", "write", "page", "--source", "site", "-w", shop, "--actor", "li")
    shown = quanyu("keys", "list", "-w", shop).output
    assert api["key_id"] in shown and write["key_id"] in shown
    assert api["secret"] not in shown and write["secret"] not in shown
    assert told("keys", "revoke", api["key_id"], "-w", shop, "--actor", "li")["name"] == "report"
    assert problems("keys", "revoke", api["key_id"], "-w", shop) == ["access.key_unknown"]
    revoked = {one["key_id"]: one["revoked_at"] is not None for one in told("keys", "list", "-w", shop)}
    assert revoked == {api["key_id"]: True, write["key_id"]: False}
    with open_operations(open_project(shop).workspace) as store, store.reading() as work:
        done = [(one.actor, one.action, one.detail["key_id"]) for one in work.audit.find() if "key." in one.action]
    assert done == [
        ("li", "key.made", api["key_id"]),
        ("li", "key.made", write["key_id"]),
        ("li", "key.revoked", api["key_id"]),
    ]


def test_what_does_not_exist_is_told_with_the_nearest_name(shop: Path) -> None:
    (shop / "sources" / "site.yaml").write_text(LIVE, encoding="utf-8")
    assert problems("keys", "api", "x", "--role", "analist", "-w", shop) == ["access.role_unknown"]
    assert problems("keys", "write", "x", "--source", "sit", "-w", shop) == ["ingest.unknown_source"]
    assert problems("keys", "write", "x", "--source", "orders", "-w", shop) == ["access.source_not_live"]


def test_a_role_of_the_workspace_is_listed_and_given(shop: Path) -> None:
    folder = shop / "library" / "roles"
    folder.mkdir(parents=True)
    said = "area_manager:\n  label: {zh: 区域经理, en: Area manager}\n  permissions: [see]\n  narrowed_to: regions\n"
    (folder / "own.yaml").write_text(said, encoding="utf-8")
    assert told("users", "roles", "-w", shop)["area_manager"]["narrowed_to"] == "regions"
    assert problems("keys", "api", "x", "--role", "area_manager", "-w", shop) == ["access.role_narrowed"]
    assert problems("users", "add", "li", "--role", "area_manager", "-w", shop) == ["user.scope"]
    added = told("users", "add", "li", "--role", "area_manager", "--scope", "regions=east,west", "-w", shop)
    assert (added["role"], added["scope"], len(added["link"])) == ("area_manager", {"regions": ["east", "west"]}, 43)
    (one,) = told("users", "list", "-w", shop)
    assert one["name"] == "li" and added["link"] not in str(one)
    assert told("users", "sessions", "li", "-w", shop) == []
    assert "0 sessions" in quanyu("users", "sessions", "li", "--end", "-w", shop).output
