"""AstroDrizzle on the user's own exposures: every _flt and _flc file in the folder of frames.

They need no manifest. Each is drizzled alone onto square pixels of its own scale, on both sides;
there is no truth for them, so what is not the same is changed.
"""

from __future__ import annotations

import functools
from pathlib import Path

from harness.cores.call import run_core
from harness.errors import HarnessError
from harness.frames.manifest import list_frame_sets, load_manifest
from harness.frames.read import read_frame
from harness.geometry import make_grid
from harness.model import DrizzledProduct, DrizzleParams
from harness.upgrade.arrays import find_worst, product_images
from harness.upgrade.check import Check, State, state_of_failures
from harness.upgrade.files import compare_sayings
from harness.upgrade.pair import Opened
from harness.upgrade.trials import check_product, class_state, named_product, peak_rate

PATTERNS = ("*_flt.fits", "*_flc.fits")
PIXFRAC = 0.8
MOST = {"quick": 2, "standard": 12}
"""Files of a profile, by name; the full one takes all. AstroDrizzle takes seconds for each."""
DROPS = 16
"""Most drops of one exposure that reach an output pixel of the same scale, distortion included."""


def list_own_frames(profile: str, frames_dir: Path | None) -> tuple[Path, ...]:
    """Return the exposures in a folder that belong to no set of the harness."""
    if frames_dir is None:
        return ()
    known = _files_of_sets()
    found = {path for one in PATTERNS for path in frames_dir.rglob(one) if path.name not in known}
    return tuple(sorted(found)[: MOST.get(profile)])


@functools.cache
def _files_of_sets() -> frozenset[str]:
    return frozenset(
        Path(entry.file).name for name in list_frame_sets() for entry in load_manifest(name).frame
    )


def compare_own_frame(pair: tuple[Opened, Opened], path: Path) -> list[Check]:
    """Run one file through the pipelines of both sides; compare products and warnings."""
    name = f"file/own/{path.name}"
    try:
        exposures = read_frame(path)
        grid = make_grid(exposures, exposures[0].pixel_scale)
    except HarnessError as error:
        return [_check(name, State.NOT_RUN, f"{path} cannot be read: {error}", path)]
    bits = int(exposures[0].origin.get("bits", "0"))
    params = DrizzleParams(kernel="square", pixfrac=PIXFRAC, grid=grid, bits=bits)
    made: list[DrizzledProduct | str] = []
    for side in pair:
        assert side.pipeline is not None  # noqa: S101 - `list_tasks` asks for both
        try:
            made.append(run_core(side.pipeline, exposures, params, check_inputs=False))
        except HarnessError as error:
            made.append(str(error))
    old, new = made
    if isinstance(old, str) or isinstance(new, str):
        state = state_of_failures(isinstance(old, str), isinstance(new, str))
        told = [one if isinstance(one, str) else "a product" for one in made]
        return [_check(name, state, f"{path.name}: {told[1]}; before: {told[0]}", path, "outcome")]
    drops, named = DROPS * len(exposures), (named_product(old), named_product(new))
    worst = find_worst(product_images(params.kernel, drops, peak_rate(exposures), *named))
    product = check_product(
        name, "file", worst, class_state(worst),
        message=f"product of {path.name}: {worst.message}", smallest=str(path),
    )  # fmt: skip
    return [product, *compare_sayings(pair, path.name)]


def _check(name: str, state: State, message: str, path: Path, metric: str = "") -> Check:
    return Check(
        name=name, family="file", state=state, message=message, metric=metric, smallest=str(path)
    )
