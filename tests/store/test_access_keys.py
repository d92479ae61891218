"""Keys of programs: only their hash is kept, and they hold no longer than they should."""

import datetime as dt

import pytest

from quanyu.clock import FROZEN_NOW
from quanyu.errors import InternalError
from quanyu.store import KeyKind, Store
from quanyu.store.access_keys import hash_of


def test_a_key_is_found_by_its_text_and_kept_nowhere(store: Store) -> None:
    with store.transaction() as work:
        made, secret = work.access_keys.make(KeyKind.API, "report", by="li", role="viewer")
    with store.reading() as work:
        assert work.access_keys.find(secret) == made
        assert work.access_keys.find(secret[:-1]) is None
        kept = work.connection.exec_driver_sql("SELECT * FROM access_key").fetchall()
    assert secret not in repr(kept) and hash_of(secret) in repr(kept)


def test_a_key_holds_until_it_is_revoked_or_expires(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FROZEN_NOW, "2026-01-01T00:00:00+00:00")
    end = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    with store.transaction() as work:
        _, short = work.access_keys.make(KeyKind.WRITE, "site", by="li", source="web", expires_at=end)
        gone, other = work.access_keys.make(KeyKind.WRITE, "app", by="li", source="app")
        assert work.access_keys.sources() == {hash_of(short): "web", hash_of(other): "app"}
        assert work.access_keys.revoke(gone.key_id)
        assert not work.access_keys.revoke(gone.key_id)
        assert work.access_keys.sources() == {hash_of(short): "web"}
    monkeypatch.setenv(FROZEN_NOW, "2026-01-02T00:00:00+00:00")
    with store.reading() as work:
        assert work.access_keys.find(short) is None
        assert work.access_keys.sources() == {}
        assert [one.name for one in work.access_keys.all()] != []


@pytest.mark.parametrize("reach", [{}, {"role": "viewer", "source": "web"}, {"source": "web"}])
def test_an_api_key_has_a_role_and_no_source(store: Store, reach: dict[str, str]) -> None:
    with pytest.raises(InternalError), store.transaction() as work:
        work.access_keys.make(KeyKind.API, "report", by="li", **reach)
