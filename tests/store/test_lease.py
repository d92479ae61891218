import os
import socket
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from sqlalchemy import update

from quanyu.clock import now
from quanyu.errors import ExternalError, UserError
from quanyu.store import Store, hold_lease, lease
from quanyu.store.lease import LeaseTable
from quanyu.store.schema import run_lease


def _pretend(store: Store, **values) -> None:
    with store.transaction() as work:
        work.connection.execute(update(run_lease).values(**values))


@pytest.fixture
def held(store: Store) -> Store:
    with store.transaction() as work:
        LeaseTable(work.connection).take("run")
    return store


def test_a_second_run_is_refused_and_told_who_works(store: Store):
    with hold_lease(store, "run") as own:
        own.check()
        with pytest.raises(UserError, match=f"process {os.getpid()} on {socket.gethostname()}") as refused:
            with hold_lease(store, "ingest"):
                pass
    assert refused.value.code == "run.busy"
    with hold_lease(store, "run"):
        pass


def test_the_lease_of_a_killed_process_is_taken_over(held: Store):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        _pretend(held, process_id=child.pid, process_birth=lease.process_birth(child.pid))
        with pytest.raises(UserError), hold_lease(held, "run"):
            pass
        child.kill()
        # Not waited for: its parent has not noticed, and the system still lists it.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        with hold_lease(held, "run"):
            pass
    finally:
        child.wait()


def test_a_process_id_used_again_does_not_keep_the_lease(held: Store):
    _pretend(held, process_birth="1")
    with hold_lease(held, "run"):
        pass


def test_a_stopped_process_on_this_host_keeps_its_lease(held: Store):
    _pretend(held, heartbeat_at=now() - timedelta(hours=1))
    with pytest.raises(UserError), hold_lease(held, "run"):
        pass


@pytest.mark.parametrize(("silent", "taken"), [(timedelta(seconds=30), False), (timedelta(seconds=120), True)])
def test_on_another_host_the_heartbeat_decides(held: Store, silent: timedelta, taken: bool):
    _pretend(held, host="elsewhere", heartbeat_at=now() - silent)
    if taken:
        with hold_lease(held, "run"):
            return
    with pytest.raises(UserError), hold_lease(held, "run"):
        pass


def test_a_run_that_lost_its_lease_is_stopped_and_leaves_the_new_one_alone(store: Store):
    with hold_lease(store, "run") as own:
        _pretend(store, token="another")
        with pytest.raises(ExternalError) as lost:
            own.check()
    assert lost.value.code == "run.lease_lost"
    with store.reading() as work:
        holder = LeaseTable(work.connection).holder()
    assert holder is not None
    assert holder.token == "another"


def test_the_lease_is_renewed_while_the_run_works(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lease, "HEARTBEAT_S", 0.01)
    with hold_lease(store, "run"):
        _pretend(store, heartbeat_at=now() - timedelta(hours=1))
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with store.reading() as work:
                holder = LeaseTable(work.connection).holder()
            if holder is not None and now() - holder.heartbeat_at < timedelta(minutes=1):
                return
            time.sleep(0.01)
        pytest.fail("no heartbeat")


def test_a_failed_run_gives_the_lease_back(store: Store):
    with pytest.raises(KeyError), hold_lease(store, "run"):
        raise KeyError
    with store.reading() as work:
        assert LeaseTable(work.connection).holder() is None
