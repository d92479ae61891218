"""What is installed is what is written: steps, definitions and templates travel with the code."""

import subprocess
import sys
import zipfile
from pathlib import Path

from house.source import PACKAGE, ROOT


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("quanyu-*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("quanyu/")}
    files = (path.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("*") if path.is_file())
    written = {
        path.as_posix() for path in files if not any(part[0] == "." or part == "__pycache__" for part in path.parts)
    }
    assert packed == written
    assert any(name.endswith(".sql") for name in packed)
