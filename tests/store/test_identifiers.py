from quanyu.store import Store, VaultIdentifier

ONE = VaultIdentifier(2**60 - 1, "mobile", "", b"\x00enc", "0badc0de", 1)


def test_only_new_identifiers_are_kept(store: Store):
    with store.transaction() as work:
        assert work.identifiers.add([ONE]) == 1
        assert work.identifiers.add([ONE._replace(value_enc=b"other"), ONE._replace(identifier_id=5)]) == 1
        assert work.identifiers.get([ONE.identifier_id]) == [ONE]
        assert work.identifiers.count() == 2


def test_missing_ids_are_told_in_the_order_given_over_many_statements(store: Store):
    ids = list(range(12_000, 0, -1))
    with store.transaction() as work:
        work.identifiers.add(ONE._replace(identifier_id=number) for number in range(1, 12_001) if number % 3)
        assert work.identifiers.missing(ids) == [number for number in ids if number % 3 == 0]


def test_nothing_is_added_or_missing_of_nothing(store: Store):
    with store.transaction() as work:
        assert work.identifiers.add([]) == 0
        assert work.identifiers.missing([]) == []
