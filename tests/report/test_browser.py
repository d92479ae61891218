"""The page in Chromium: offline, without errors, without sideways scrolling; sorting and definitions work."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from quanyu.config import Language
from quanyu.report import ReportFiles, render_report
from report.shop import context, shop

pytestmark = pytest.mark.browser

# Runs inside the page and tells its findings to the page around it, which Chromium prints.
PROBE = """
<script>
{
const found = {width: innerWidth, scroll: document.documentElement.scrollWidth};
const table = document.querySelector("table.sortable");
const column = table.tHead.rows[0].cells.length - 2;
const button = table.tHead.rows[0].cells[column].querySelector("button.sort");
const values = () => [...table.tBodies[0].rows].map((row) => Number(row.cells[column].dataset.sort));
button.click();
found.down = values();
button.click();
found.up = values();
found.sorted = table.tHead.rows[0].cells[column].getAttribute("aria-sort");
document.querySelector(".card a.term").click();
const dialog = document.getElementById("explain");
found.open = dialog.open;
found.sql = dialog.querySelector("pre").textContent.includes("SELECT");
dialog.close();
parent.postMessage(JSON.stringify(found), "*");
}
</script>
"""


# A window of Chromium is never narrower than 500 px, a frame may be.
HOST = """<!doctype html><pre id="probe"></pre>
<script>addEventListener("message", (event) => { document.getElementById("probe").textContent = event.data; });</script>
<iframe style="border:0;width:WIDTHpx;height:900px" src="PAGE"></iframe>
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    return render_report(context(), shop(), tmp_path_factory.mktemp("report"))


def _open(page: Path, width: int, profile: Path) -> tuple[dict, str]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
    assert chromium, "no Chromium on the path"
    probed = page.with_name(f"probe-{page.name}")
    probed.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{PROBE}</body>"), encoding="utf-8")
    host = page.with_name(f"host-{width}-{page.name}")
    host.write_text(HOST.replace("WIDTH", str(width)).replace("PAGE", probed.name), encoding="utf-8")
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
        "--enable-logging=stderr",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1600,1000", "--virtual-time-budget=4000",
        "--dump-dom", host.as_uri(),
    ]  # fmt: skip
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    probe = re.search(r'<pre id="probe">(.+?)</pre>', answer.stdout)
    assert probe, answer.stderr
    return json.loads(probe[1]), answer.stderr


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_opens_offline_fits_sorts_and_explains(
    files: ReportFiles, language: Language, width: int, tmp_path: Path
):
    found, log = _open(files.page(language), width, tmp_path)
    assert "CONSOLE" not in log
    assert found["width"] == width
    assert found["scroll"] <= width
    assert found["down"] == sorted(found["down"], reverse=True)
    assert found["up"] == sorted(found["up"])
    assert found["sorted"] == "ascending"
    assert found["open"]
    assert found["sql"]
