"""A collector that is made to be killed: appends numbered requests and tells each answer on its standard output."""

import sys
from collections import deque
from concurrent.futures import Future
from dataclasses import replace
from itertools import count
from pathlib import Path

from ingest.spooled import request
from quanyu.collect.spool import Outcome, Spool, SpoolLimits
from quanyu.store import open_vault
from quanyu.store.cipher import SpoolCipher

LIMITS = SpoolLimits(seal_after_s=0.05, free_bytes=0, gather_s=0)
_AT_ONCE = 8


class Hasty(Spool):
    """A planted fault: answers before the request is on the disk."""

    def append(self, source, request):  # type: ignore[no-untyped-def]
        future: Future[int] = Future()
        Outcome(future).deliver()
        super().append(source, request)
        return future


def main(folder: str, key_file: str, run: str, kind: str) -> None:
    cipher = SpoolCipher(open_vault(Path(key_file)))
    # The hasty one gathers long, so that it is killed while requests wait.
    spool = (
        Hasty(Path(folder), cipher, replace(LIMITS, gather_s=1.0))
        if kind == "hasty"
        else Spool(Path(folder), cipher, LIMITS)
    )
    asked: deque[tuple[int, Future[int]]] = deque()
    for number in count():
        asked.append((number, spool.append("shop", request({"id": f"{run}-{number}"}))))
        if len(asked) == _AT_ONCE:
            answered, future = asked.popleft()
            future.result()
            sys.stdout.write(f"{run}-{answered}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
