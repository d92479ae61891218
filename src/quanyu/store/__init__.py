"""The operational store: what was received, refused, decided, built, published and done, as records that survive.

The warehouse can be rebuilt from the raw log; this store cannot, so everything in it is durable once a unit of work has
ended.  It is SQLite in the workspace (WAL, `synchronous=FULL`) or, by URL, PostgreSQL.  Nothing else knows SQLAlchemy.

One unit of work per command; it commits at the end of the block and leaves no trace when the block raises:

    open_store(place) -> Store                        state folder, `*.sqlite` file, or `postgresql://…`
    with store.transaction() as work: …               writes; one writer at a time
    with store.reading() as work: …                   one consistent state; refuses to write
    store.verify() -> list[Problem]; store.close()

    work.segments      begin(SourceFile, received_day) -> batch_seq          UserError import.duplicate_file
                       seal(batch_seq, files: [SegmentFile], RowCounts), abandon(batch_seq), abandon_open() -> numbers
                       withdraw(batch_seqs, actor, reason)
                       get(batch_seq), find_file(source, sha256), find(source=, status=, after=)
                       watermark() -> int, reconciliation() -> [ReceivedDay]
    work.quarantine    add([QuarantineRow]) -> new rows, get(id), counts() -> [QuarantineCount], counts_by_batch()
                       find(source=, state=, code=, batch_seq=, after=, limit=)
                       repair(id, edits_enc, actor), mark_replayed(ids, replay_batch_seq), discard(ids, actor)
    work.refusals      replace([RefusedFile]), find() -> [RefusedFile]
    work.identifiers   add([VaultIdentifier]) -> new rows, missing(ids) -> ids, get(ids), count()
    work.decisions     add(DecisionKind, identifiers, actor, reason, known_seq=) -> id, undo(id, actor)
                       standing(), history() -> [Decision]
    work.builds        begin(NewBuild) -> Build, add_steps(id, [BuildStep]), publish(id, timings), fail(id, failure)
                       abandon_running() -> [Build], mark_dropped(id), published() -> Build | None
                       get(id), find(status), steps(id)
    work.figures       close([Figure], actor) -> new rows, closed(figure) -> ClosedFigure | None, find(metric, start)
    work.audit         add(AuditEntry) -> AuditRecord, find(after=, limit=), head(), verify_chain() -> [Problem]
    work.keys          bind(vault)                                           UserError vault.key_mismatch
    work.access_keys   make(KeyKind, name, by=, role=, source=) -> (AccessKey, secret), find(secret) -> AccessKey | None
                       sources() -> {hash: source}, all(), revoke(key_id)
    work.users         add(name, shown_name, role, scope, by) -> User, get(id), named(name), all(), count()
                       password_hash(id), set_password(id, hash), set_role(id, role, scope), set_disabled(id, …)
                       make_link(id, by, lasts) -> token, of_link(token) -> User | None, end_link(token)
    work.sessions      begin(user_id) -> (Session, token), find(token, idle, longest), touch(id), of(user), end(…)
    work.consents      add(identifier_id, purposes, actor, evidence, granted=), all(), of(ids), remove(ids)
    work.privacy       add(NewRequest) -> PrivacyRequest, get, find(state), extend, end, begin_deletion, advance, finish
                       suppress(marks, request_id), suppressed() -> marks

One run per workspace; the lease of a dead process is taken over:

    with hold_lease(store, "run") as lease: …         UserError run.busy; lease.check() raises when it was lost

Personal values are hashed and encrypted without the store:

    create_key(key_file) -> Vault, open_vault(key_file) -> Vault             `key_file` is `.quanyu/key`
    vault.encrypt_many([bytes]) -> [bytes], vault.decrypt_many([bytes]) -> [bytes], vault.key_id
    vault.matching_pads() -> (ipad, opad), vault.matching_hash(message) -> 32 bytes
    rotate_key(store, key_file) -> Vault              a new encryption key; matching hashes stay as they are
"""

from quanyu.store.access_keys import AccessKey, KeyKind
from quanyu.store.answers import KeptAnswer
from quanyu.store.audit import AuditEntry, AuditRecord
from quanyu.store.builds import Build, BuildStatus, BuildStep, NewBuild
from quanyu.store.consents import ConsentWord
from quanyu.store.decisions import Decision, DecisionKind
from quanyu.store.figures import ClosedFigure, Figure
from quanyu.store.identifiers import VaultIdentifier
from quanyu.store.lease import Lease, hold_lease
from quanyu.store.privacy import Deletion, Law, NewRequest, PrivacyRequest, RequestKind, RequestState
from quanyu.store.quarantine import QuarantineCount, QuarantineRow, QuarantineState, quarantine_id
from quanyu.store.refusals import RefusedFile
from quanyu.store.rotation import rotate_key
from quanyu.store.segments import RawSegment, ReceivedDay, RowCounts, SegmentFile, SegmentStatus, SourceFile
from quanyu.store.unit_of_work import Store, UnitOfWork, open_store
from quanyu.store.users import Session, User
from quanyu.store.vault import Vault, create_key, open_vault

__all__ = [
    "AccessKey",
    "AuditEntry",
    "AuditRecord",
    "Build",
    "BuildStatus",
    "BuildStep",
    "ClosedFigure",
    "ConsentWord",
    "Decision",
    "DecisionKind",
    "Deletion",
    "Figure",
    "KeptAnswer",
    "KeyKind",
    "Law",
    "Lease",
    "NewBuild",
    "NewRequest",
    "PrivacyRequest",
    "QuarantineCount",
    "QuarantineRow",
    "QuarantineState",
    "RawSegment",
    "ReceivedDay",
    "RefusedFile",
    "RequestKind",
    "RequestState",
    "RowCounts",
    "SegmentFile",
    "SegmentStatus",
    "Session",
    "SourceFile",
    "Store",
    "UnitOfWork",
    "User",
    "Vault",
    "VaultIdentifier",
    "create_key",
    "hold_lease",
    "open_store",
    "open_vault",
    "quarantine_id",
    "rotate_key",
]
