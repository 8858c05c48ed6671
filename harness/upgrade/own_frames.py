"""AstroDrizzle on the user's own exposures: every _flt and _flc file in the folder of frames.

They need no manifest. Each is drizzled alone onto square pixels of its own scale, on both sides;
there is no truth for them, so what is not the same is changed.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from harness.cores.call import run_core
from harness.errors import HarnessError
from harness.frames.manifest import list_frame_sets, load_manifest
from harness.frames.read import read_frame
from harness.geometry import make_grid
from harness.model import DrizzledProduct, DrizzleParams
from harness.upgrade.arrays import Image, find_worst, make_map, product_images
from harness.upgrade.check import Check, State
from harness.upgrade.files import compare_sayings
from harness.upgrade.pair import Opened
from harness.upgrade.trials import named_product

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
        failed = [isinstance(one, str) for one in made]
        state = State.REGRESSED if failed == [False, True] else State.FIXED
        told = [one if isinstance(one, str) else "a product" for one in made]
        if all(failed):
            state = State.NOT_RUN
        return [_check(name, state, f"{path.name}: {told[1]}; before: {told[0]}", path, "outcome")]
    rates = [
        float(np.nanmax(np.abs(one.data)) / (one.exptime if one.in_units == "counts" else 1.0))
        for one in exposures
    ]
    images = product_images(
        params.kernel, DROPS * len(exposures), max(rates), named_product(old), named_product(new)
    )
    return [
        _compare_images(name, path, images),
        *compare_sayings(pair, path.name),
    ]


def _compare_images(name: str, path: Path, images: Iterable[Image]) -> Check:
    worst = find_worst(images)
    state = {"identical": State.SAME, "roundoff": State.ROUNDOFF}.get(worst.kind, State.CHANGED)
    return Check(
        name=name,
        family="file",
        state=state,
        message=f"product of {path.name}: {worst.message}",
        old=f"{worst.old:.7g}",
        new=f"{worst.new:.7g}",
        metric=worst.name if state is not State.SAME else "",
        smallest=str(path) if state is not State.SAME else "",
        figures={
            "largest_difference": worst.largest,
            "allowed": worst.allowed,
            "pixels_beyond": worst.pixels,
        },
        map=make_map(worst) if worst.kind == "changed" and worst.gap.ndim >= 2 else None,
    )


def _check(name: str, state: State, message: str, path: Path, metric: str = "") -> Check:
    return Check(
        name=name, family="file", state=state, message=message, metric=metric, smallest=str(path)
    )
