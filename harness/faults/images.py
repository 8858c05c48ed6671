"""Faults of the images that come out."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.faults.fault import Altered, Call, Fault, changed
from harness.model import DrizzledProduct, Exposure

LOSS = np.float32(0.999)
COLUMN = 10
"""Every how many columns one is empty."""
BLOCK = 16
"""Columns that are drawn right, and then wrong."""


def _lose_flux(call: Call) -> DrizzledProduct:
    product = call.right()
    return changed(product, sci=product.sci * LOSS)


def _lose_weight(call: Call) -> DrizzledProduct:
    product = call.right()
    return changed(product, wht=product.wht * LOSS)


def _misplace_science(call: Call) -> DrizzledProduct:
    product = call.right()
    moved = np.roll(product.sci, 1, axis=1)
    covered = np.where(np.isnan(moved), np.float32(0), moved)
    return changed(product, sci=np.where(product.wht > 0, covered, product.sci))


def _blur(call: Call) -> DrizzledProduct:
    product = call.right()
    sci = product.sci
    left, right = np.roll(sci, 1, axis=1), np.roll(sci, -1, axis=1)
    smeared = ((left + 2 * sci + right) / 4).astype(np.float32)
    return changed(product, sci=np.where(np.isfinite(smeared), smeared, sci))


def _jitter(call: Call) -> DrizzledProduct:
    product = call.right()
    odd = (np.arange(product.sci.shape[1]) // BLOCK) % 2 == 1
    mixed = 0.9 * product.sci + 0.1 * np.roll(product.sci, 1, axis=1)
    mixed = np.where(odd & np.isfinite(mixed), mixed, product.sci)
    return changed(product, sci=mixed.astype(np.float32))


def _cut_precision(call: Call) -> DrizzledProduct:
    product = call.right()
    with np.errstate(over="ignore"):
        return changed(product, sci=product.sci.astype(np.float16).astype(np.float32))


def _fill_with_zeros(call: Call) -> DrizzledProduct:
    product = call.right()
    return changed(product, sci=np.where(product.wht == 0, np.float32(0), product.sci))


def _punch_holes(call: Call) -> DrizzledProduct:
    product = call.right()
    wht, sci = product.wht.copy(), product.sci.copy()
    wht[:, ::COLUMN], sci[:, ::COLUMN] = 0, np.nan
    return changed(product, wht=wht, sci=sci)


def _spill(call: Call) -> DrizzledProduct:
    product = call.right()
    wht, sci = product.wht.copy(), product.sci.copy()
    wht[0, 0], sci[0, 0] = 1.0, 0.0
    return changed(product, wht=wht, sci=sci)


def _context(product: DrizzledProduct) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    if product.ctx is None:
        raise ValueError("the product has no context image")
    return product.ctx


def _drop_bit(call: Call) -> DrizzledProduct:
    product = call.right()
    return changed(product, ctx=_context(product) & np.int32(~2))


def _confuse_planes(call: Call) -> DrizzledProduct:
    product = call.right()
    ctx = np.zeros_like(_context(product))
    ctx[0] = np.bitwise_or.reduce(_context(product), axis=0)
    return changed(product, ctx=ctx)


def _lose_dq(call: Call) -> DrizzledProduct:
    product = call.right()
    return changed(product, dq=None if product.dq is None else np.zeros_like(product.dq))


def _weigh_variance_plainly(call: Call) -> DrizzledProduct:
    product = call.right()
    planes = []
    for plane in range(len(product.variance)):
        # A weighted mean of the variances, as of any image; counts come in squared units.
        def bare(_: int, one: Exposure, plane: int = plane) -> dict[str, Any]:
            data = one.variance[plane] / np.float32(_seconds(one) ** 2)
            return {"data": data, "in_units": "cps", "variance": ()}

        mean = call.drizzle(Altered(call.exposures, bare), call.params).sci
        planes.append(np.where(product.wht == 0, product.variance[plane], mean))
    return changed(product, variance=tuple(planes))


def _seconds(exposure: Exposure) -> float:
    return 1.0 if exposure.in_units == "cps" else float(exposure.exptime)


FAULTS = (
    Fault(
        name="flux-lost",
        statement="0.1 % of the science is lost.",
        wrong=_lose_flux,
    ),
    Fault(
        name="weight-lost",
        statement="0.1 % of the weight is lost.",
        wrong=_lose_weight,
    ),
    Fault(
        name="science-misplaced",
        statement="The science image lies one column to the right of its weights.",
        wrong=_misplace_science,
    ),
    Fault(
        name="rows-blurred",
        statement="The science image is smeared along rows.",
        wrong=_blur,
    ),
    Fault(
        name="stars-jittered",
        statement="In every second block of 16 columns a tenth of the light comes from beside.",
        wrong=_jitter,
    ),
    Fault(
        name="half-precision",
        statement="The science image goes through float16.",
        wrong=_cut_precision,
    ),
    Fault(
        name="fill-wrong",
        statement="Pixels without weight hold zero instead of the fill value.",
        wrong=_fill_with_zeros,
    ),
    Fault(
        name="columns-lost",
        statement="Every tenth column of the product is empty.",
        wrong=_punch_holes,
    ),
    Fault(
        name="light-spilled",
        statement="A corner that no exposure sees has weight.",
        wrong=_spill,
    ),
    Fault(
        name="context-bit-missing",
        statement="The bit of the second exposure is never set.",
        wrong=_drop_bit,
        needs="context",
    ),
    Fault(
        name="context-plane-wrong",
        statement="The bits of exposures beyond 32 are set in the first plane.",
        wrong=_confuse_planes,
        needs="context",
    ),
    Fault(
        name="variance-plain",
        statement="Variances are averaged with the weights instead of added with their squares.",
        wrong=_weigh_variance_plainly,
        changes_input=True,
        needs="variance",
    ),
    Fault(
        name="dq-lost",
        statement="No data-quality flag comes out.",
        wrong=_lose_dq,
        needs="dq",
    ),
)
