"""The invented brand as a workspace, small, read and built once for all tests that ask for it."""

from pathlib import Path

import pytest

from quanyu.demo.brand.workspace import BrandWish
from quanyu.demo.samples import make_sample_workspace
from quanyu.services.build import BuildRequest
from quanyu.services.project import Project, open_project
from quanyu.services.run import Part, RunReport, RunRequest, run

PERSONS = 1_500


@pytest.fixture(scope="session")
def brand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("brand") / "brand"
    return make_sample_workspace("brand", root, wish=BrandWish(PERSONS))


@pytest.fixture(scope="session")
def built(brand: Path) -> tuple[Project, RunReport]:
    project = open_project(brand)
    return project, run(project, RunRequest(BuildRequest(), frozenset({Part.INGEST, Part.BUILD})))
