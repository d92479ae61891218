"""How soon a live event is in its person, and what keeping persons up to date costs; see docs/refresh.md.

`python -m benchmarks.bench_fresh [--persons 20000] [--rate 1000] [--seconds 60]` invents a brand, runs the main job,
serves it and sends events of its members at a steady rate in batches of a hundred.  Every few seconds an order of a
member chosen at random is sent, and that member's page is asked for until it counts it: the time between its answer and
that page is the figure.  `--workspace` takes one that was built before, with a live source `web`.
"""

import argparse
import base64
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx2

from quanyu.demo.brand.workspace import BrandWish
from quanyu.demo.samples import make_sample_workspace
from quanyu.engine import tree as t
from quanyu.services.access import make_api_key, make_write_key
from quanyu.services.build import attach_build
from quanyu.services.project import open_operations, open_project, open_warehouse
from quanyu.services.roles import open_roles
from quanyu.services.run import Part, RunRequest, run

BATCH = 100
ORDER = "Order Completed"
PROBE_EVERY_S = 4.0
GIVE_UP_S = 60.0


@dataclass
class Shop:
    """A workspace to serve: keys, the date of its build, members."""

    root: Path
    write_key: str
    api_key: str
    day: date
    members: list[str]


@dataclass
class Seen:
    """What was measured: answers, seconds from answer to page, seconds of pages."""

    sent: int = 0
    late: int = 0
    fresh_s: list[float] = field(default_factory=list)
    page_s: list[float] = field(default_factory=list)


def make_shop(root: Path, persons: int) -> None:
    """Invent a brand and run the main job on it."""
    make_sample_workspace("brand", root, wish=BrandWish(persons))
    (root / "sources" / "web.yaml").write_text("source: web\nsystem: shop\nformat: live\n", encoding="utf-8")
    run(open_project(root), RunRequest(parts=frozenset({Part.INGEST, Part.BUILD})))


def open_shop(root: Path) -> Shop:
    """Make keys, and look up the build's date and members."""
    project = open_project(root)
    with open_operations(project.workspace) as store, open_warehouse(project.workspace) as engine:
        run_day = attach_build(store, engine).as_of
        rows = engine.query(t.select({"member_id": t.col("member_id")}, "membership_fact")).to_pylist()
        write = make_write_key(project, store, "bench", "web", "bench").secret
        api = make_api_key(store, open_roles(project.workspace), "bench", "analyst", "bench", days=1).secret
    return Shop(root, write, api, run_day, [row["member_id"] for row in rows])


def message(shop: Shop, member: str, number: str, event: str = "Product Viewed") -> dict[str, object]:
    """Return one event of Segment's of a member at noon of the build's date, and some seconds."""
    at = datetime.combine(shop.day, datetime.min.time(), UTC) + timedelta(hours=4, seconds=random.randrange(3000))
    bought = {"product_id": "SKI052", "price": 199.0}
    order = {"order_id": number, "total": 199.0, "products": [bought]}
    return {
        "type": "track",
        "event": event,
        "messageId": number,
        "userId": member,
        "timestamp": at.isoformat(),
        "properties": order if event == ORDER else bought,
    }


def send(client: httpx2.Client, shop: Shop, messages: list[dict[str, object]]) -> None:
    """Send a batch and wait for its answer."""
    head = {"Authorization": "Basic " + base64.b64encode(f"{shop.write_key}:".encode()).decode()}
    client.post("/v1/batch", content=json.dumps({"batch": messages}).encode(), headers=head).raise_for_status()


def send_steadily(url: str, shop: Shop, rate: int, end: float, seen: Seen) -> None:
    """Send batches at a rate until a moment; a batch that begins late counts as late."""
    due = time.perf_counter()
    with httpx2.Client(base_url=url, timeout=30) as client:
        while time.perf_counter() < end:
            members = random.choices(shop.members, k=BATCH)
            send(client, shop, [message(shop, one, f"b-{os.urandom(8).hex()}") for one in members])
            seen.sent += BATCH
            due += BATCH / rate
            seen.late += due < time.perf_counter() - 1
            time.sleep(max(0.0, due - time.perf_counter()))


def probe(url: str, shop: Shop, end: float, seen: Seen) -> None:
    """Send one order after the other and wait until the member's page counts it."""
    bearer = {"Authorization": f"Bearer {shop.api_key}"}
    with httpx2.Client(base_url=url, timeout=30, headers=bearer) as client:
        while time.perf_counter() < end:
            member = random.choice(shop.members)
            found = client.post("/api/v1/persons/search", json={"identifier": f"member_id:{member}"})
            person = found.json()["detail"]["person_id"]
            before = orders_of(client, person, seen)
            send(client, shop, [message(shop, member, f"probe-{os.urandom(8).hex()}", ORDER)])
            sent = time.perf_counter()
            while orders_of(client, person, seen) == before and time.perf_counter() - sent < GIVE_UP_S:
                time.sleep(0.5)
            seen.fresh_s.append(time.perf_counter() - sent)
            time.sleep(PROBE_EVERY_S)


def orders_of(client: httpx2.Client, person: str, seen: Seen) -> int | None:
    """Return how many orders a person's page counts."""
    asked_at = time.perf_counter()
    page = client.get(f"/api/v1/persons/{person}", params={"days": 1}).json()
    seen.page_s.append(time.perf_counter() - asked_at)
    return page["detail"]["value"]["orders"]


def wait_until_ready(client: httpx2.Client) -> None:
    """Wait for the server to listen; raises RuntimeError after a minute."""
    end = time.perf_counter() + 60
    while time.perf_counter() < end:
        try:
            if client.get("/healthz").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.2)
    raise RuntimeError("the server did not come up")


def measure(shop: Shop, rate: int, seconds: float, port: int) -> Seen:
    """Serve a shop, send, and return what was seen."""
    command = [sys.executable, "-m", "quanyu", "serve", "--workspace", str(shop.root), "--port", str(port)]
    server = subprocess.Popen([*command, "--build-after", "0"], stdout=subprocess.DEVNULL)
    url, seen = f"http://127.0.0.1:{port}", Seen()
    try:
        with httpx2.Client(base_url=url, timeout=30) as client:
            wait_until_ready(client)
            end = time.perf_counter() + seconds
            sender = threading.Thread(target=send_steadily, args=(url, shop, rate, end, seen))
            sender.start()
            probe(url, shop, end, seen)
            sender.join()
            told = [line for line in client.get("/metrics").text.splitlines() if line.startswith("quanyu_refresh")]
        print("\n".join(line for line in told if "_created" not in line))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(120)
    return seen


def quantile(values: list[float], share: float) -> float:
    """Return the value below which a share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--port", type=int, default=8761)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = asked.workspace or Path(folder) / "brand"
        if asked.workspace is None:
            make_shop(root, asked.persons)
        seen = measure(open_shop(root), asked.rate, asked.seconds, asked.port)
    fresh, pages = seen.fresh_s, seen.page_s
    print(f"{seen.sent} events sent at {asked.rate}/s, {seen.late} batches more than a second late")
    print(f"event to page: median {quantile(fresh, 0.5):.1f} s, slowest of {len(fresh)} {max(fresh):.1f} s")
    print(f"page: median {quantile(pages, 0.5) * 1000:.0f} ms, p95 {quantile(pages, 0.95) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
