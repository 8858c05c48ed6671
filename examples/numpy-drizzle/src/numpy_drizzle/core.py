"""The core as drizzle-harness wants it; nothing of the harness is imported."""

import importlib.metadata

import numpy as np

from numpy_drizzle.drops import drop_boxes, drop_points, drop_squares, find_corners

BITS = 32
"""Exposures that one plane of the context image has bits for; later ones are not recorded."""


class NumpyDrizzle:
    """Drizzle in double precision, weights and science as in Fruchter & Hook's eqs. 4 and 5."""

    name = "numpy-drizzle"
    version = importlib.metadata.version("numpy-drizzle")
    capabilities = {  # noqa: RUF012 - a plain mapping, read and not changed
        "kernels": {"square", "point", "turbo"},
        "flux_conserving": {"square", "point", "turbo"},
        "context": True,
        "units": {"cps"},
    }

    def drizzle(self, exposures, params):
        """Combine exposures.

        Parameters
        ----------
        exposures : sequence
            With `data`, `weight_map` (ny, nx), `pixmap` (ny, nx, 2) and `pixel_scale`.
        params : object
            `kernel`, `pixfrac`, `grid` (`shape`, `pixel_scale`), `fillval`.

        Returns
        -------
        dict
            "sci" (counts/s per input-pixel area), "wht", "ctx".
        """
        shape = tuple(params.grid.shape)
        weight, science = np.zeros(shape), np.zeros(shape)
        context = np.zeros((-(-len(exposures) // BITS), *shape), dtype=np.uint32)
        for number, exposure in enumerate(exposures):
            # Before any arithmetic: what has no weight may hold anything, NaN too.
            used = (exposure.weight_map > 0) & np.isfinite(exposure.pixmap).all(axis=-1)
            given, data = exposure.weight_map[used].astype(float), exposure.data[used].astype(float)
            pixel, column, row, fraction = self._drop(exposure, params, used)
            inside = (column >= 0) & (row >= 0) & (column < shape[1]) & (row < shape[0])
            pixel, fraction = pixel[inside], fraction[inside]
            place = row[inside] * shape[1] + column[inside]
            share = fraction * given[pixel]
            weight += np.bincount(place, share, weight.size).reshape(shape)
            science += np.bincount(place, share * data[pixel], weight.size).reshape(shape)
            if number < BITS:
                context[0].flat[place] |= np.uint32(1 << number)
        empty = np.nan if params.fillval is None else params.fillval
        sci = np.full(shape, empty, dtype=np.float32)
        np.divide(science, weight, out=sci, where=weight > 0, casting="same_kind")
        return {"sci": sci, "wht": weight.astype(np.float32), "ctx": context.view(np.int32)}

    def _drop(self, exposure, params, used):
        centres = exposure.pixmap[used]
        if params.kernel == "point":
            return drop_points(centres)
        if params.kernel == "turbo":
            scale = exposure.pixel_scale / params.grid.pixel_scale
            return drop_boxes(centres, params.pixfrac * scale)
        return drop_squares(find_corners(exposure.pixmap, params.pixfrac)[used])
