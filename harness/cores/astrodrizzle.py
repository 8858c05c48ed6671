"""AstroDrizzle itself: from FITS files to a product, alone in a temporary folder.

All steps but the last one are off, so that what comes out is the final drizzle of the pixels as
they are in the files. On the way AstroDrizzle

* masks by DQ and `final_bits` alone, and makes its own weights from the headers: EXP is the
  exposure time, ERR (exptime / ERR)^2 whatever the unit of ERR, IVM (flat x exptime)^2 /
  (dark + sky x flat + read noise^2) with MEANDARK, whatever its unit, for dark
  (0.009 for STIS) and, for WFC3/IR, the sky times the TIME image pixel by pixel;
* multiplies science by (output / input scale)^2, and IVM and ERR weights by its inverse square,
  the input scale being that of the chip without its distortion (the adapter undoes both, with
  the scale of the first chip);
* computes positions exactly at every tenth pixel only, bilinear between them.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.metadata
import io
import logging
import os
import shutil
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from harness.model import DrizzleParams, Exposure

POINT_LIMIT = 0.001
"""The pixfrac at and below which cdriz takes any kernel for "point"."""
CONTEXT_BITS = 32
LOG = "astrodrizzle.log"
COMPLAINTS = ("#", "[WARNING", "[ERROR", "[CRITICAL")
MOST_QUOTED = 600
"""Characters of AstroDrizzle's log that an error quotes."""
SKY_KEY = "HSKYUSED"
"""Where the copies of the files carry the sky that IVM weights are to count; with MDRIZSKY, which
it means for something else, AstroDrizzle would count none."""
FLAT_KEYS = ("PFLTFILE", "LFLTFILE", "FLATFILE")
"""Where the instruments keep the name of their flat field."""
ENVIRONMENT = ("HOME", "ASTROMETRY_STEP_CONTROL")
STEPS_OFF = {
    "mdriztab": False, "updatewcs": False, "resetbits": 0, "preserve": False, "static": False,
    "skysub": False, "driz_separate": False, "median": False, "blot": False, "driz_cr": False,
}  # fmt: skip


class AstroDrizzleCore:
    """`drizzlepac.astrodrizzle.AstroDrizzle` on copies of the exposures' files.

    Parameters
    ----------
    stepsize : int, optional
        Input pixels between the exactly computed positions.
    listen : bool, optional
        Let warnings through to the caller, where otherwise they are dropped.
    """

    name = "astrodrizzle"

    def __init__(self, *, stepsize: int = 10, listen: bool = False) -> None:
        self._package: Any = None
        self._stepsize = stepsize
        self._listen = listen
        self.version = importlib.metadata.version("drizzlepac")
        self.capabilities = {
            "kernels": {"square", "point", "turbo", "gaussian", "lanczos2", "lanczos3"},
            "flux_conserving": {"square", "point", "turbo"},
            "context": True,
            "units": {"cps", "counts"},
            "files": True,
            "twin": "harness.cores.drizzlepac:load_by_wcs",
        }

    def prepare(self) -> None:
        """Import drizzlepac, which takes seconds, if that is not done."""
        with warnings.catch_warnings():
            # Its dependencies warn of each other's deprecations when they are imported.
            warnings.simplefilter("ignore")
            self._package = importlib.import_module("drizzlepac.astrodrizzle")

    def drizzle(self, exposures: Sequence[Exposure], params: DrizzleParams) -> dict[str, Any]:
        """Combine exposures; see `harness.cores.protocol.DrizzleCore.drizzle`.

        Raises
        ------
        ValueError
            If some chips of the files are left out in a way that AstroDrizzle cannot express.
        RuntimeError
            If AstroDrizzle returns without a product, with the end of its log.
        """
        self.prepare()
        frames = _group_by_file(exposures)
        scratch = tempfile.TemporaryDirectory(prefix="astrodrizzle-")
        with scratch as name, _alone_in(name, listen=self._listen):
            files = _copy_files(exposures, frames, params)
            _write_reference(params.grid)
            group = _choose_chips(exposures, frames, files)
            listed: list[str] | str = files
            if params.weighting == "uniform":
                listed = _list_with_weights(exposures, frames, files)
            settings = {**STEPS_OFF, **_final_parameters(params), "stepsize": self._stepsize}
            failure = _call(self._package.AstroDrizzle, listed, group, settings)
            if failure:
                # What AstroDrizzle left open goes now, while nobody hears the warnings.
                gc.collect()
                raise RuntimeError(failure)
            (sci, wht, ctx), complaints = _read_product(), _list_complaints()
            scales = [_undistorted_scale(file, chip) for file, chip in _chips_of(exposures, frames)]
        ratio = params.grid.pixel_scale / scales[0]
        np.multiply(sci, np.float32(ratio**-2), out=sci, where=wht != 0)
        if params.weighting != "EXP":
            wht *= np.float32(ratio**4)
        return {
            "sci": sci,
            "wht": wht,
            "ctx": _reorder_context(ctx, [index for frame in frames for index in frame]),
            "provenance": {
                "input_scales": tuple(scales),
                "stepsize": self._stepsize,
                "complaints": complaints,
            },
        }


def load() -> AstroDrizzleCore:
    """Return the core, with AstroDrizzle's own stepsize."""
    return AstroDrizzleCore()


def _call(astrodrizzle: Any, files: Any, group: str, settings: dict[str, Any]) -> str:
    """Run AstroDrizzle and return how it failed, or "".

    The exception itself would keep the files open that AstroDrizzle did not close.
    """
    try:
        astrodrizzle(
            files, output="final", runfile=LOG, group=group, build=True, clean=False,
            context=True, num_cores=1, in_memory=False, skyuser=SKY_KEY, **settings,
        )  # fmt: skip
    except Exception as error:
        theirs = [
            f for f in traceback.extract_tb(error.__traceback__) if "drizzlepac" in f.filename
        ]
        at = f" ({Path(theirs[-1].filename).name}, line {theirs[-1].lineno})" if theirs else ""
        return f"AstroDrizzle raised {type(error).__name__}: {error}{at}"
    return ""


def _group_by_file(exposures: Sequence[Exposure]) -> list[list[int]]:
    """Return the exposures' indices in the order in which AstroDrizzle takes them."""
    frames: dict[Path, list[int]] = {}
    for index, exposure in enumerate(exposures):
        if exposure.path is None:
            raise ValueError(f"exposure {exposure.name}[{exposure.chip}] has no file")
        frames.setdefault(Path(exposure.path).resolve(), []).append(index)
    return [sorted(frame, key=lambda index: exposures[index].chip) for frame in frames.values()]


def _copied_name(number: int, path: Path) -> str:
    # The number keeps the order where AstroDrizzle sorts, and files of one name apart.
    return f"{number:04d}_{path.name}"


def _copy_files(
    exposures: Sequence[Exposure], frames: list[list[int]], params: DrizzleParams
) -> list[str]:
    """Copy the files here, since AstroDrizzle writes into them, and set what IVM weights need."""
    from astropy.io import fits

    names = []
    for number, frame in enumerate(frames):
        path = Path(exposures[frame[0]].path or "")
        name = _copied_name(number, path)
        shutil.copyfile(path, name)
        with fits.open(name, mode="update", memmap=False) as hdus:
            infrared = hdus[0].header.get("DETECTOR") == "IR"
            # Where the flat is named by an unset variable ("jref$..."), AstroDrizzle stops.
            flat = _write_flat(exposures, frame, number, params)
            for key in FLAT_KEYS:
                if key in hdus[0].header:
                    hdus[0].header[key] = flat
            for index in frame:
                exposure = exposures[index]
                # In electrons, but for WFC3/IR per second: there it is multiplied by TIME.
                seconds = 1.0 if infrared and exposure.in_units == "cps" else exposure.exptime
                hdus["SCI", exposure.chip].header[SKY_KEY] = exposure.sky * seconds
            for hdu in hdus[1:]:
                if hdu.name == "SCI":
                    hdu.header.setdefault(SKY_KEY, 0.0)
        names.append(name)
    return names


def _write_flat(
    exposures: Sequence[Exposure], frame: list[int], number: int, params: DrizzleParams
) -> str:
    """Write the flat fields where they count; of a file that is not there, AstroDrizzle takes 1."""
    name = f"{number:04d}_flat.fits"
    flats = {exposures[index].chip: exposures[index].flat for index in frame}
    if params.weighting == "IVM" and any(flat is not None for flat in flats.values()):
        shapes = {exposures[index].chip: exposures[index].data.shape for index in frame}
        images = {
            chip: np.ones(shapes[chip], np.float32) if flat is None else flat
            for chip, flat in flats.items()
        }
        _write_images(name, "SCI", images)
    return name


def _list_with_weights(
    exposures: Sequence[Exposure], frames: list[list[int]], files: list[str]
) -> str:
    """Give uniform weights as IVM files, which AstroDrizzle multiplies by exptime^2."""
    lines = []
    for number, (frame, file) in enumerate(zip(frames, files, strict=True)):
        weights = {
            exposures[index].chip: np.full(
                exposures[index].data.shape, exposures[index].exptime ** -2.0, np.float32
            )
            for index in frame
        }
        name = f"{number:04d}_ivm.fits"
        _write_images(name, "IVM", weights)
        lines.append(f"{file} {name}\n")
    Path("files.txt").write_text("".join(lines), encoding="utf-8")
    return "@files.txt"


def _write_images(name: str, extname: str, images: dict[int, Any]) -> None:
    from astropy.io import fits

    hdus = [fits.ImageHDU(image, name=extname, ver=chip) for chip, image in images.items()]
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(name)


def _write_reference(grid: Any) -> None:
    """Write the output grid as the image whose WCS and size AstroDrizzle takes over unchanged."""
    from astropy.io import fits

    header = fits.Header()
    for i in (1, 2):
        header[f"CTYPE{i}"] = grid.wcs.wcs.ctype[i - 1]
        header[f"CUNIT{i}"] = "deg"
        header[f"CRPIX{i}"] = grid.wcs.wcs.crpix[i - 1]
        header[f"CRVAL{i}"] = grid.wcs.wcs.crval[i - 1]
        for j in (1, 2):
            header[f"CD{i}_{j}"] = grid.wcs.pixel_scale_matrix[i - 1, j - 1]
    image = fits.ImageHDU(np.zeros(grid.shape, np.uint8), header=header, name="SCI")
    fits.HDUList([fits.PrimaryHDU(), image]).writeto("reference.fits")


def _choose_chips(exposures: Sequence[Exposure], frames: list[list[int]], files: list[str]) -> str:
    """Return AstroDrizzle's `group`: "" for all chips, or the one that is asked of every file."""
    from astropy.io import fits

    asked = [tuple(exposures[index].chip for index in frame) for frame in frames]
    held = []
    for file in files:
        with fits.open(file) as hdus:
            held.append(tuple(sorted(hdu.ver for hdu in hdus if hdu.name == "SCI")))
    if asked == held:
        return ""
    if len(set(asked)) == 1 and len(asked[0]) == 1:
        return f"sci,{asked[0][0]}"
    raise ValueError(
        f"chips {asked} of files that hold {held}: AstroDrizzle takes all chips, "
        "or one and the same chip, of every file"
    )


def _chips_of(exposures: Sequence[Exposure], frames: list[list[int]]) -> list[tuple[str, int]]:
    return [
        (_copied_name(number, Path(exposures[index].path or "")), exposures[index].chip)
        for number, frame in enumerate(frames)
        for index in frame
    ]


def _final_parameters(params: DrizzleParams) -> dict[str, Any]:
    kernel, pixfrac = params.kernel, params.pixfrac
    if pixfrac <= POINT_LIMIT:
        # cdriz makes the same change, but prints from C that it did.
        kernel, pixfrac = "point", 2 * POINT_LIMIT
    return {
        "driz_combine": True,
        "final_kernel": kernel,
        "final_pixfrac": pixfrac,
        "final_wht_type": "IVM" if params.weighting == "uniform" else params.weighting,
        "final_bits": params.bits,
        "final_fillval": params.fillval,
        "final_units": "cps",
        "final_wcs": True,
        "final_refimage": "reference.fits[1]",
    }


def _read_product() -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    from astropy.io import fits

    for path in Path().glob("final_dr?.fits"):
        # Mapped, so that the only copy is the one in the machine's own byte order.
        with fits.open(path, memmap=True) as hdus:
            if hdus["SCI"].data is None:
                continue
            sci = np.array(hdus["SCI"].data, dtype=np.float32)
            wht = np.array(hdus["WHT"].data, dtype=np.float32)
            ctx = np.array(hdus["CTX"].data, dtype=np.int32)
        return sci, wht, ctx.reshape(-1, *wht.shape)
    raise RuntimeError(f"AstroDrizzle made no product; its log has: {_complaints()}")


def _complaints() -> str:
    """Return the end of what AstroDrizzle's log complains of."""
    return " ".join(_list_complaints())[-MOST_QUOTED:] or "no complaint"


def _list_complaints() -> tuple[str, ...]:
    """Return what AstroDrizzle's log says in boxes of # and above the level INFO."""
    text = Path(LOG).read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if line.startswith(COMPLAINTS)]
    return tuple(filter(None, (line.removeprefix("[ERROR   ]").strip("# ") for line in lines)))


def _undistorted_scale(file: str, chip: int) -> float:
    """Return the scale, arcsec, that AstroDrizzle takes for that of the input pixels."""
    from stwcs import distortion, wcsutil

    wcs = wcsutil.HSTWCS(file, ext=("SCI", chip))
    undistort = wcs.sip is not None and wcs.instrument != "DEFAULT"
    if not undistort:
        wcs.cpdis1 = wcs.cpdis2 = wcs.det2im = None
    return float(distortion.utils.output_wcs([wcs], undistort=undistort).pscale)


def _reorder_context(ctx: npt.NDArray[np.int32], order: list[int]) -> npt.NDArray[np.int32]:
    """Give each exposure the bit of its place in the request; `order` is AstroDrizzle's."""
    if order == sorted(order):
        return ctx
    given = ctx.view(np.uint32)
    wanted = np.zeros_like(given)
    for theirs, ours in enumerate(order):
        bit = (given[theirs // CONTEXT_BITS] >> np.uint32(theirs % CONTEXT_BITS)) & np.uint32(1)
        wanted[ours // CONTEXT_BITS] |= bit << np.uint32(ours % CONTEXT_BITS)
    return wanted.view(np.int32)


@contextlib.contextmanager
def _alone_in(folder: str, *, listen: bool) -> Iterator[None]:
    """Work in a folder, and leave the process as it was: cwd, environment, streams, logging.

    AstroDrizzle writes where it stands and into ~/.teal, prints, and turns streams, warnings and
    the exception hook over to its log. Who listens is to get the warnings instead.
    """
    there, home = Path.cwd(), {key: os.environ.get(key) for key in ENVIRONMENT}
    hook, root = sys.excepthook, logging.getLogger()
    handlers, level = list(root.handlers), root.level
    quiet, capture = io.StringIO(), logging.captureWarnings
    try:
        if listen:
            logging.captureWarnings = lambda capture: None
        os.chdir(folder)
        os.environ.update({"HOME": folder, "ASTROMETRY_STEP_CONTROL": "Off"})
        for handler in handlers:
            root.removeHandler(handler)
        with (
            contextlib.redirect_stdout(quiet),
            contextlib.redirect_stderr(quiet),
            warnings.catch_warnings(),
        ):
            if not listen:
                warnings.simplefilter("ignore")
            yield
    finally:
        logging.captureWarnings = capture
        logging.captureWarnings(False)
        sys.excepthook = hook
        for handler in list(root.handlers):
            root.removeHandler(handler)
            handler.close()
        for handler in handlers:
            root.addHandler(handler)
        root.setLevel(level)
        for key, value in home.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
        os.chdir(there)
