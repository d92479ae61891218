"""What the process counts, for Prometheus: no label holds a path, a name or anything a person sent."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST


class Meters:
    """The counters and gauges of one process."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["family", "status"]
        self.requests = self._counter("quanyu_collect_requests", "Requests of SDKs answered", labels)
        self.refused = self._counter("quanyu_collect_refused", "Requests the spool could not take (503)")
        self.rows = self._counter("quanyu_live_rows", "Rows of live events by what became of them", ["fate"])
        self.loads = self._counter("quanyu_live_loads", "Loads of the spool by how they ended", ["ended"])
        self.builds = self._counter("quanyu_builds", "Scheduled builds by how they ended", ["ended"])
        self.refreshes = self._counter("quanyu_refreshes", "Refreshes of persons by how they ended", ["ended"])
        self.refreshed_persons = self._counter("quanyu_refreshed_persons", "Persons that refreshes computed again")
        self.refresh_s = self._gauge("quanyu_refresh_seconds", "How long the last refresh took")
        self.fresh_at = self._gauge("quanyu_fresh_timestamp_seconds", "When persons were last up to date with the log")
        self.spool_bytes = self._gauge("quanyu_spool_bytes", "Bytes in the spool that are not loaded")
        self.spool_age = self._gauge("quanyu_spool_oldest_seconds", "Age of the oldest file that is not loaded")
        self.loaded_at = self._gauge("quanyu_live_loaded_timestamp_seconds", "When the spool was last looked at")

    def _counter(self, name: str, says: str, labels: list[str] | None = None) -> Counter:
        return Counter(name, says, labels or [], registry=self.registry)

    def _gauge(self, name: str, says: str) -> Gauge:
        return Gauge(name, says, registry=self.registry)

    def text(self) -> bytes:
        """Return all of them in Prometheus' text format."""
        return generate_latest(self.registry)
