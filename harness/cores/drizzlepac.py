"""The C core of drizzlepac (cdriz), fed from memory through `drizzlepac.adrizzle.do_driz`.

The exposures' pixmaps are the geometry, as for every other core. With `mapping="wcs"` cdriz makes
its own mapping from the WCS instead, exact on every tenth pixel and bilinear between them: that
is what AstroDrizzle does.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
import logging
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from harness.model import DrizzleParams, Exposure

STEPSIZE = 10
"""Input pixels between the nodes of cdriz's own mapping; what AstroDrizzle uses unless told."""
CONTEXT_BITS = 32
EXTENSION = "drizzlepac.cdriz"
ROW_TOLERANCE = 1e-6
"""Input pixels by which a row of positions may miss unit steps; cdriz adds up the steps in
float64, which leaves 1e-12 after 4096 of them."""
ROWS = 16
"""Rows of a pixmap that are made ready for cdriz at once; it asks for them in order."""
POINT_LIMIT = 0.001
"""The pixfrac at and below which cdriz takes any kernel for "point"."""
LOGGERS = ("drizzlepac.adrizzle", "drizzlepac.cdriz")
MISSED = re.compile(r"^! (\d+) points were outside the output image")
SKIPPED = re.compile(r"^! Note, (\d+) input lines were skipped completely")


class PixmapMapping:
    """A pixmap as the mapping that cdriz calls back for the positions it needs.

    cdriz asks for rows of positions, 1-based: for the square kernel the four corners of all
    drops of a row, one corner at a time; for the others the centres; and for every row some
    twenty points that tell whether it meets the output. Between the pixel centres the pixmap is
    bilinear, and beyond the border pixels it goes on linearly, so that the corners of the drops
    along the border are defined; the `drizzle` package does the same.

    Parameters
    ----------
    pixmap : ndarray, (ny, nx, 2), float64
        Output (x, y) of the centres of the input pixels, 0-based.
    """

    def __init__(self, pixmap: npt.NDArray[np.float64]) -> None:
        ny, nx = pixmap.shape[:2]
        if min(ny, nx) < 2:
            raise ValueError(f"a pixmap of {ny} x {nx} pixels says nothing about their size")
        self._pixmap = pixmap
        self._blocks: dict[int, npt.NDArray[np.float64]] = {}
        self._row: npt.NDArray[np.float64] = self._pad(1)
        self._row_y = 1.0

    def forward(
        self, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Map input positions to output positions, both 1-based.

        Parameters
        ----------
        x, y : ndarray, (n,), float64
            Within half a pixel of the input image; `y` is the same throughout.

        Returns
        -------
        tuple of ndarray, (n,), float64
            Output x and y.
        """
        row = self._interpolate_row(y[0])
        count = x.size
        start = int(x[0])
        if abs(x[-1] - x[0] - (count - 1)) < ROW_TOLERANCE:
            part = x[0] - start
            at = row[:, start : start + count]
            if part > 0.0:
                at = (1.0 - part) * at
                at += part * row[:, start + 1 : start + 1 + count]
            return at[0], at[1]
        index = x.astype(np.intp)
        parts = x - index
        at = row.take(index, axis=1)
        if parts.any():
            at = (1.0 - parts) * at + parts * row.take(index + 1, axis=1, mode="clip")
        return at[0], at[1]

    def _interpolate_row(self, y: float) -> npt.NDArray[np.float64]:
        if y != self._row_y:
            below = int(y)
            part = y - below
            row = self._pad(below)
            if part > 0.0:
                row = (1.0 - part) * row
                row += part * self._pad(below + 1)
            self._row, self._row_y = row, y
        return self._row

    def _pad(self, number: int) -> npt.NDArray[np.float64]:
        """Return a row, 1-based, (2, nx + 2), with one linearly extrapolated pixel on each side.

        Index k is then the 1-based pixel k, so that no position that cdriz can ask for needs a
        special case; and so are the rows before the first and after the last. The two blocks of
        rows last asked for are kept; all of them would be a second pixmap.
        """
        block, row = divmod(number, ROWS)
        if block not in self._blocks:
            if len(self._blocks) == 2:
                del self._blocks[next(iter(self._blocks))]
            self._blocks[block] = self._pad_rows(block * ROWS)
        padded: npt.NDArray[np.float64] = self._blocks[block][row]
        return padded

    def _pad_rows(self, first: int) -> npt.NDArray[np.float64]:
        pixmap = np.moveaxis(self._pixmap, 2, 1)
        ny, _, nx = pixmap.shape
        last = min(first + ROWS, ny + 2)
        padded = np.empty((last - first, 2, nx + 2))
        # What stands in the corners is not yet anything.
        inner = padded[:, :, 1:-1]
        low, high = max(first, 1), min(last, ny + 1)
        np.add(pixmap[low - 1 : high - 1], 1.0, out=inner[low - first : high - first])
        if first == 0:
            inner[0] = 2 * (pixmap[0] + 1.0) - (pixmap[1] + 1.0)
        if last == ny + 2:
            inner[-1] = 2 * (pixmap[-1] + 1.0) - (pixmap[-2] + 1.0)
        padded[:, :, 0] = 2 * padded[:, :, 1] - padded[:, :, 2]
        padded[:, :, -1] = 2 * padded[:, :, -2] - padded[:, :, -3]
        return padded


class CdrizCore:
    """drizzlepac's C core.

    Parameters
    ----------
    mapping : {"pixmap", "wcs"}, optional
        Whether the geometry is `Exposure.pixmap`, or is made by cdriz from `Exposure.wcs` and the
        WCS of the output grid.
    stepsize : int, optional
        Input pixels between the nodes of the mapping by WCS.
    """

    def __init__(
        self, *, mapping: Literal["pixmap", "wcs"] = "pixmap", stepsize: int = STEPSIZE
    ) -> None:
        self._do_driz: Any = None
        self._tdriz: Any = None
        self._by_wcs = mapping == "wcs"
        self._stepsize = stepsize
        self.name = "drizzlepac-wcs" if self._by_wcs else "drizzlepac"
        self.version = importlib.metadata.version("drizzlepac")
        self.capabilities = {
            "kernels": {"square", "point", "turbo", "gaussian", "lanczos2", "lanczos3"},
            "flux_conserving": {"square", "point", "turbo"},
            "context": True,
            "units": {"cps", "counts"},
        }

    def lean(self) -> CdrizCore:
        """Return the same core by its C extension alone, which takes no time to import.

        Where the extension does not lie beside the package, or the mapping is the package's own
        business, that is this core.

        Raises
        ------
        ImportError
            If the extension is there and cannot be loaded.
        """
        path = None if self._by_wcs else _find_extension()
        if path is None:
            return self
        core = CdrizCore()
        core._tdriz = _load_extension(path).tdriz
        return core

    def prepare(self) -> None:
        """Import drizzlepac, which takes seconds, if that is not done."""
        if self._do_driz is None and self._tdriz is None:
            self._do_driz = import_drizzlepac("drizzlepac.adrizzle").do_driz

    def drizzle(self, exposures: Sequence[Exposure], params: DrizzleParams) -> dict[str, Any]:
        """Combine exposures; see `harness.cores.protocol.DrizzleCore.drizzle`.

        Parameters
        ----------
        exposures : sequence of Exposure
            With pixmaps, or WCS where the core maps by them.
        params : DrizzleParams
            Its grid has a WCS in the latter case.

        Returns
        -------
        dict
            `sci`, `wht`, (ny, nx), float32; `ctx`, (planes, ny, nx), int32; `provenance`.

        Raises
        ------
        ValueError
            If the core maps by the WCS and an exposure or the grid has none.
        """
        self.prepare()
        shape = tuple(params.grid.shape)
        planes = (len(exposures) - 1) // CONTEXT_BITS + 1
        # AstroDrizzle, too, begins with an image of NaN and fills it afterwards.
        sci = np.full(shape, np.nan, dtype=np.float32)
        wht = np.zeros(shape, dtype=np.float32)
        ctx = np.zeros((planes, *shape), dtype=np.int32)
        nmiss = nskip = 0
        # One factor undoes the (output / input scale)^2 of all exposures only if they share a
        # pixel scale; where they do not, it is undone on the input.
        scales = {exposure.pixel_scale for exposure in exposures}
        reference = exposures[0].pixel_scale
        kernel, pixfrac = params.kernel, params.pixfrac
        if pixfrac <= POINT_LIMIT:
            # cdriz makes the same change, but prints on standard output that it did; the point
            # kernel does not depend on pixfrac.
            kernel, pixfrac = "point", 2 * POINT_LIMIT
        for number, exposure in enumerate(exposures):
            data = exposure.data
            if len(scales) > 1:
                data = data * np.float32((exposure.pixel_scale / reference) ** 2)
            fill = "INDEF" if params.fillval is None else params.fillval
            if self._tdriz is not None:
                # The call that do_driz makes, with its constants.
                _, missed, skipped = self._tdriz(
                    data, exposure.weight_map, sci, wht, ctx[number // CONTEXT_BITS], number + 1,
                    0, 1, 1, data.shape[0], params.grid.pixel_scale / exposure.pixel_scale, 1.0,
                    1.0, "center", pixfrac, kernel, exposure.in_units,
                    1.0 if exposure.in_units == "cps" else exposure.exptime, 1.0, str(fill), 0, 0,
                    1, _mapping_by(exposure.pixmap)().forward,
                )  # fmt: skip
                nmiss, nskip = nmiss + missed, nskip + skipped
                continue
            with _overheard() as messages:
                self._do_driz(
                    data,
                    _input_wcs(exposure) if self._by_wcs else None,
                    exposure.weight_map,
                    _output_wcs(params) if self._by_wcs else _scale_only(params),
                    sci,
                    wht,
                    ctx,
                    exposure.exptime,
                    exposure.in_units,
                    1.0,
                    wcslin_pscale=exposure.pixel_scale,
                    uniqid=number + 1,
                    pixfrac=pixfrac,
                    kernel=kernel,
                    fillval=fill,
                    stepsize=self._stepsize,
                    wcsmap=None if self._by_wcs else _mapping_by(exposure.pixmap),
                )
            nmiss += _sum_counts(MISSED, messages)
            nskip += _sum_counts(SKIPPED, messages)
        factor = np.float32((reference / params.grid.pixel_scale) ** 2)
        if params.fillval is None:
            sci *= factor
        else:
            np.multiply(sci, factor, out=sci, where=wht != 0)
        return {
            "sci": sci,
            "wht": wht,
            "ctx": ctx,
            "provenance": {"nmiss": nmiss, "nskip": nskip},
        }


def load() -> CdrizCore:
    """Return the core that follows the exposures' pixmaps."""
    return CdrizCore()


def load_by_wcs() -> CdrizCore:
    """Return the core that makes its own mapping from the WCS, as AstroDrizzle does."""
    return CdrizCore(mapping="wcs")


def import_drizzlepac(module: str) -> Any:
    """Import a module of drizzlepac, whose dependencies warn of each other's deprecations.

    Raises
    ------
    ImportError
        If drizzlepac is not installed or cannot be imported.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(module)


def _find_extension() -> Path | None:
    """Return the path of the installed C extension, or None where it is not beside the package."""
    package = importlib.util.find_spec("drizzlepac")
    folders = () if package is None else package.submodule_search_locations or ()
    names = [f"cdriz{suffix}" for suffix in importlib.machinery.EXTENSION_SUFFIXES]
    found = (Path(folder) / name for folder in folders for name in names)
    return next((path for path in found if path.is_file()), None)


def _load_extension(path: Path) -> Any:
    """Import the C extension under its own name, so that the package meets the same one later."""
    if EXTENSION not in sys.modules:
        spec = importlib.util.spec_from_file_location(EXTENSION, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is no extension module")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[EXTENSION] = module
    return sys.modules[EXTENSION]


def _mapping_by(pixmap: Any) -> Any:
    mapping = PixmapMapping(pixmap)
    return lambda *_: mapping


def _scale_only(params: DrizzleParams) -> SimpleNamespace:
    # All that do_driz asks of the output WCS when the mapping is given.
    return SimpleNamespace(pscale=params.grid.pixel_scale)


def _output_wcs(params: DrizzleParams) -> Any:
    if params.grid.wcs is None:
        raise ValueError("the output grid has no WCS to map by")
    wcs = copy.copy(params.grid.wcs)
    wcs.pscale = params.grid.pixel_scale
    return wcs


def _input_wcs(exposure: Exposure) -> Any:
    if exposure.wcs is None:
        raise ValueError(f"exposure {exposure.name}[{exposure.chip}] has no WCS to map by")
    wcs = copy.copy(exposure.wcs)
    wcs.pixel_shape = exposure.data.shape[::-1]
    return wcs


@contextlib.contextmanager
def _overheard() -> Iterator[list[str]]:
    """Keep what do_driz logs, where its counts are only to be found, from the user's terminal."""
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
    try:
        yield messages
    finally:
        for logger, (level, propagate) in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate


def _sum_counts(pattern: re.Pattern[str], messages: Sequence[str]) -> int:
    return sum(int(found[1]) for text in messages if (found := pattern.match(text)))
