"""A workspace of five sales channels, made of the sample exports: dirty files in, one brand out."""

import shutil
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

EXPORTS = Path(__file__).parents[1] / "data" / "exports"
CHANNELS = tuple(sorted(path.parent.name for path in EXPORTS.glob("*/EXPECTED.yaml")))


def expected(channel: str) -> dict[str, Any]:
    return YAML(typ="safe").load((EXPORTS / channel / "EXPECTED.yaml").read_text(encoding="utf-8"))


def make_shop(root: Path, settings: str = "") -> Path:
    """Make the workspace in a folder and return it; `settings` is put at the end of quanyu.yaml."""
    (root / "sources").mkdir(parents=True)
    (root / "data").mkdir()
    (root / "quanyu.yaml").write_text(f"brand: five_channels\nindustry: apparel\n{settings}", encoding="utf-8")
    for channel in CHANNELS:
        for source, told in expected(channel)["sources"].items():
            for file in told["files"]:
                shutil.copy(EXPORTS / channel / file, root / "data" / f"{channel}-{file}")
            paths = ", ".join(f"data/{channel}-{file}" for file in told["files"])
            text = f"source: {source}\nprofile: {source}\npath: [{paths}]\n"
            (root / "sources" / f"{source}.yaml").write_text(text, encoding="utf-8")
    return root
