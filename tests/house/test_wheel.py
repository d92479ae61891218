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
    written = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and not any(part[0] == "." or part == "__pycache__" for part in path.relative_to(PACKAGE).parts)
    }
    assert packed == written
    assert any(name.endswith(".sql") for name in packed)
