"""The tophat kernel of drizzlepac by its definition, for the checks of `cdriz.tdriz`.

A pixel gives its whole weight to each output pixel whose centre lies within a circle around the
place that it is mapped to; the diameter is pixfrac input pixels. Neither weight nor flux is
conserved. Only cdriz has it, so the oracle does not know it.
"""

from __future__ import annotations

import numpy as np

from harness.cores.request import RawImage, Reply


def drizzle_tophat(image: RawImage, shape: tuple[int, int], fill: float) -> Reply:
    """Return what must come of one image.

    Parameters
    ----------
    image : RawImage
        With weight and pixel scale ratio; in cps.
    shape : tuple of int
        (ny, nx) of the output.
    fill : float
        Value of pixels without weight.

    Raises
    ------
    ValueError
        If the image lacks weight or pixel scale ratio.
    """
    ratio = image.pixel_scale_ratio
    if image.weight is None or ratio is None:
        raise ValueError("an image without weight or pixel scale ratio")
    radius = image.pixfrac / ratio / 2
    y, x = np.indices(shape, dtype=np.float64)
    wht, sums = np.zeros(shape), np.zeros(shape)
    ctx = np.zeros((1, *shape), dtype=np.int32)
    missed = np.zeros(image.data.shape, dtype=bool)
    for place in np.ndindex(*image.data.shape):
        px, py = image.pixmap[place]
        within = (x - px) ** 2 + (y - py) ** 2 <= radius**2
        missed[place] = not within.any()
        weight = float(image.weight[place]) * image.weight_scale
        wht[within] += weight
        sums[within] += weight * float(image.data[place])
        if weight > 0:
            ctx[0][within] = 1
    sci = np.full(shape, fill)
    np.divide(sums, wht, out=sci, where=wht != 0)
    nskip = float(missed.all(axis=1).sum())
    return Reply(
        outcome="returned", sci=sci, wht=wht, ctx=ctx, returned=((nskip, float(missed.sum())),)
    )
