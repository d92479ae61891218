import asyncio
import errno
import random
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from collect.spool_disks import Clear, FailingDisk, RecordingDisk, number_of, request, stored_in
from quanyu.collect.spool import Outcome, Spool, SpoolBusy, SpoolFull, SpoolLimits, read_kept, settle
from quanyu.collect.spool_files import Disk, recover, recover_dead
from quanyu.errors import UserError

LIMITS = SpoolLimits(seal_after_s=60.0, free_bytes=0, gather_s=0.0)


def outcome_of(future: Future[int]) -> bool:
    """Whether the request was taken; anything but `SpoolFull` is raised."""
    try:
        future.result(timeout=10)
    except SpoolFull:
        return False
    return True


def fill(folder: Path, disk: Disk, count: int, limits: SpoolLimits = LIMITS) -> list[int]:
    """Append requests one after another and return the numbers of those that were taken."""
    with Spool(folder, Clear(), limits, disk=disk) as spool:
        return [number for number in range(count) if outcome_of(spool.append("shop", request(number)))]


def test_what_is_answered_stands_in_the_sealed_file_with_its_position(tmp_path: Path) -> None:
    with Spool(tmp_path, Clear(), LIMITS) as spool:
        positions = [spool.append("shop", request(number)).result(10) for number in range(5)]
    (path,) = tmp_path.glob("*.log")
    kept, length = read_kept(path.read_bytes(), Clear())
    assert [one.position for one in kept] == positions == sorted(set(positions))
    assert [(one.source, number_of(one)) for one in kept] == [("shop", number) for number in range(5)]
    assert length == path.stat().st_size and not list(tmp_path.glob("*.open"))


def test_a_file_is_sealed_after_its_time_without_another_request(tmp_path: Path) -> None:
    sealed = threading.Event()

    class Watched(Disk):
        def rename(self, path: Path, target: Path) -> None:
            super().rename(path, target)
            sealed.set()

    limits = SpoolLimits(seal_after_s=0.02, free_bytes=0)
    with Spool(tmp_path, Clear(), limits, disk=Watched()) as spool:
        spool.append("shop", request(1)).result(10)
        assert sealed.wait(10)
        spool.append("shop", request(2)).result(10)
    assert len(list(tmp_path.glob("*.log"))) == 2 and stored_in(tmp_path) == [1, 2]


def test_a_file_is_sealed_when_it_is_large(tmp_path: Path) -> None:
    limits = SpoolLimits(seal_after_s=60, seal_bytes=500, free_bytes=0)
    assert fill(tmp_path, Disk(), 20, limits) == list(range(20))
    assert len(list(tmp_path.glob("*.log"))) > 3 and stored_in(tmp_path) == list(range(20))


def test_requests_that_wait_together_are_one_frame_and_settled_by_one_call(tmp_path: Path) -> None:
    groups: list[int] = []
    is_writing, may_go_on = threading.Event(), threading.Event()

    class Slow(Disk):
        def sync(self, handle: int) -> None:
            is_writing.set()
            assert may_go_on.wait(10)
            super().sync(handle)

    def told(outcomes: Sequence[Outcome]) -> None:
        groups.append(len(outcomes))
        settle(outcomes)

    with Spool(tmp_path, Clear(), LIMITS, on_commit=told, disk=Slow()) as spool:
        futures = [spool.append("shop", request(0))]
        assert is_writing.wait(10)
        futures += [spool.append("shop", request(number)) for number in range(1, 50)]
        may_go_on.set()
        assert len({future.result(10) for future in futures}) == 50
    assert groups == [1, 49]


def test_an_event_loop_is_told_of_a_group_by_one_call(tmp_path: Path) -> None:
    calls = 0

    async def serve() -> list[int]:
        loop = asyncio.get_running_loop()

        def told(outcomes: Sequence[Outcome]) -> None:
            nonlocal calls
            calls += 1
            loop.call_soon_threadsafe(settle, outcomes)

        with Spool(tmp_path, Clear(), LIMITS, on_commit=told) as spool:
            futures = [spool.append("shop", request(number)) for number in range(200)]
            return await asyncio.gather(*map(asyncio.wrap_future, futures))

    positions = asyncio.run(serve())
    assert positions == sorted(set(positions)) and 1 <= calls < 200


def test_nobody_waits_for_an_event_loop_that_is_closed(tmp_path: Path) -> None:
    loop = asyncio.new_event_loop()
    loop.close()

    def told(outcomes: Sequence[Outcome]) -> None:
        loop.call_soon_threadsafe(settle, outcomes)

    with Spool(tmp_path, Clear(), LIMITS, on_commit=told) as spool:
        assert spool.append("shop", request(1)).result(10) > 0


def test_nothing_is_settled_before_the_disk_has_it(tmp_path: Path) -> None:
    is_writing, may_go_on = threading.Event(), threading.Event()

    class Held(Disk):
        def sync(self, handle: int) -> None:
            is_writing.set()
            assert may_go_on.wait(10)
            super().sync(handle)

    with Spool(tmp_path, Clear(), LIMITS, disk=Held()) as spool:
        future = spool.append("shop", request(1))
        assert is_writing.wait(10) and not future.done()
        may_go_on.set()
        assert future.result(10) > 0


def test_more_than_may_wait_is_refused_at_once_and_room_comes_back(tmp_path: Path) -> None:
    is_writing, may_go_on = threading.Event(), threading.Event()

    class Held(Disk):
        def sync(self, handle: int) -> None:
            is_writing.set()
            assert may_go_on.wait(10)
            super().sync(handle)

    limits = SpoolLimits(waiting_bytes=2_000, free_bytes=0)
    with Spool(tmp_path, Clear(), limits, disk=Held()) as spool:
        first = spool.append("shop", request(1, 1_000))
        assert is_writing.wait(10)
        with pytest.raises(SpoolBusy):
            spool.append("shop", request(2, 1_000))
        may_go_on.set()
        first.result(10)
        spool.append("shop", request(3, 1_000)).result(10)
        assert spool.waiting_bytes == 0
    with pytest.raises(SpoolBusy):
        spool.append("shop", request(4))
    assert stored_in(tmp_path) == [1, 3]


def test_below_the_floor_of_free_disk_nothing_is_taken(tmp_path: Path) -> None:
    class Small(Disk):
        free = 100

        def free_bytes(self, folder: Path) -> int:
            return self.free

    disk = Small()
    with Spool(tmp_path, Clear(), SpoolLimits(free_bytes=1_000), disk=disk) as spool:
        with pytest.raises(SpoolFull):
            spool.append("shop", request(1)).result(10)
        disk.free = 10_000
        spool.append("shop", request(2)).result(10)
    assert stored_in(tmp_path) == [2]


def test_a_second_collector_cannot_have_the_folder_of_a_living_one(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    with Spool(folder, Clear(), LIMITS) as spool:
        spool.append("shop", request(1)).result(10)
        assert recover_dead(tmp_path, Disk()) == ()
        with pytest.raises(UserError, match=r"spool\.held"):
            Spool(folder, Clear(), LIMITS)
        assert list(folder.glob("*.open"))
    assert stored_in(folder) == [1]


def test_a_frame_torn_at_any_byte_is_cut_kept_and_told(tmp_path: Path) -> None:
    fill(tmp_path / "whole", Disk(), 3)
    (path,) = (tmp_path / "whole").glob("*.log")
    data = path.read_bytes()
    last = len(data) - len(data) // 3
    for end in range(last, len(data)):
        folder = tmp_path / str(end)
        folder.mkdir()
        (folder / "7.open").write_bytes(data[:end])
        torn = recover(folder, Disk())
        assert [(one.file, one.offset, one.bytes) for one in torn] == (
            [("7.open", last, end - last)] if end > last else []
        )
        assert (folder / "7.log").read_bytes() == data[:last]
        assert end == last or (folder / "7.torn").read_bytes() == data[last:end]
        assert not (folder / "7.open").exists()


def test_a_flipped_byte_ends_what_is_read(tmp_path: Path) -> None:
    fill(tmp_path, Disk(), 3)
    (path,) = tmp_path.glob("*.log")
    data = path.read_bytes()
    size = len(data) // 3
    for place in range(size, 2 * size):
        broken = bytearray(data)
        broken[place] ^= 0x40
        kept, length = read_kept(bytes(broken), Clear())
        assert [number_of(one) for one in kept] == [0] and length == size


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("calls", [1, 3])
def test_a_disk_that_fails_at_any_call_loses_and_doubles_nothing(tmp_path: Path, code: int, calls: int) -> None:
    counter = FailingDisk(at=10**9, code=code)
    limits = SpoolLimits(seal_after_s=60, seal_bytes=200, free_bytes=0, gather_s=0)
    fill(tmp_path / "count", counter, 8, limits)
    assert counter.done > 20
    refused = 0
    for at in range(2, counter.done + 1):  # the first call is the recovery's of an empty folder
        folder = tmp_path / str(at)
        taken = fill(folder, FailingDisk(at, code, calls=calls), 8, limits)
        stored = stored_in(folder)
        assert set(taken) <= set(stored) and len(stored) == len(set(stored)), at
        assert stored == sorted(stored)
        refused += 8 - len(taken)
    assert refused > 0


def _lost_at_power_cuts(folder: Path, *, forgets_sync: bool) -> tuple[int, int]:
    """Cut the power at every call of a run, in several ways; return cuts tried and cuts that lost an answer."""
    disk = RecordingDisk(forgets_sync=forgets_sync)
    answered: set[int] = set()
    lost = cuts = 0

    def look() -> None:
        nonlocal lost, cuts
        for seed in range(4):
            cuts += 1
            place = folder / f"cut{cuts}"
            disk.cut(place, random.Random(seed * 10_007 + cuts))
            lost += not answered <= set(stored_in(place))

    disk.look = look
    limits = SpoolLimits(seal_after_s=60, seal_bytes=300, free_bytes=0, gather_s=0)
    with Spool(folder / "live", Clear(), limits, disk=disk) as spool:
        for number in range(10):
            spool.append("shop", request(number)).result(10)
            answered.add(number)
    disk.finish()
    return cuts, lost


def test_a_power_cut_at_any_call_keeps_every_answered_request(tmp_path: Path) -> None:
    cuts, lost = _lost_at_power_cuts(tmp_path, forgets_sync=False)
    assert cuts > 100 and lost == 0


def test_the_power_cuts_find_a_spool_that_answers_before_its_bytes_are_safe(tmp_path: Path) -> None:
    _, lost = _lost_at_power_cuts(tmp_path, forgets_sync=True)
    assert lost > 0
