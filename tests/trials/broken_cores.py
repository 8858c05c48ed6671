"""Cores that are wrong in one named way each, made of one that is right."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from harness.cores.oracle import OracleCore
from harness.model import DrizzledProduct, DrizzleParams, Exposure

Fault = Callable[[Sequence[Exposure], DrizzleParams, Callable[..., DrizzledProduct]], Any]


class BrokenCore:
    """The oracle with a fault."""

    name = "broken"
    version = "0"

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._right = OracleCore()
        self.capabilities = self._right.capabilities

    def drizzle(self, exposures: Sequence[Exposure], params: DrizzleParams) -> Any:
        """Drizzle with the fault."""
        return self._fault(exposures, params, self._right.drizzle)


def changed(product: DrizzledProduct, **arrays: Any) -> DrizzledProduct:
    """Return a product with other arrays."""
    return dataclasses.replace(product, **arrays)


def lose_flux(exposures, params, drizzle):
    """Lose 0.1 % of the science."""
    product = drizzle(exposures, params)
    return changed(product, sci=product.sci * np.float32(0.999))


def shift_science(exposures, params, drizzle):
    """Put the science image one column to the right of its weights."""
    product = drizzle(exposures, params)
    moved = np.where(product.wht > 0, np.roll(product.sci, 1, axis=1), np.nan)
    return changed(product, sci=np.where(np.isnan(moved) & (product.wht > 0), 0, moved))


def shift_pixmap(exposures, params, drizzle):
    """Drizzle 0.02 output pixels off."""
    moved = [dataclasses.replace(one, pixmap=one.pixmap + 0.02) for one in exposures]
    return drizzle(moved, params)


def widen_pixfrac(exposures, params, drizzle):
    """Take a pixfrac that is 2 % too large."""
    return drizzle(exposures, dataclasses.replace(params, pixfrac=params.pixfrac * 1.02))


def ignore_weights(exposures, params, drizzle):
    """Count all pixels alike, bad ones too."""
    flat = [
        dataclasses.replace(one, weight_map=np.full_like(one.weight_map, one.exptime))
        for one in exposures
    ]
    return drizzle(flat, params)


def lose_exposure(exposures, params, drizzle):
    """Forget the last exposure, but for its place in the context."""
    return drizzle(
        [
            *exposures[:-1],
            dataclasses.replace(exposures[-1], weight_map=np.zeros_like(exposures[-1].weight_map)),
        ],
        params,
    )


def drop_context_bit(exposures, params, drizzle):
    """Never set the bit of the second exposure."""
    product = drizzle(exposures, params)
    return changed(product, ctx=product.ctx & np.int32(~2))


def weigh_variance_plainly(exposures, params, drizzle):
    """Propagate variance with weights that are not squared."""
    product = drizzle(exposures, params)
    plain = drizzle(
        [dataclasses.replace(one, data=one.variance[0], variance=()) for one in exposures], params
    )
    return changed(product, variance=(np.nan_to_num(plain.sci),))


def lose_dq(exposures, params, drizzle):
    """Return no flag."""
    product = drizzle(exposures, params)
    return changed(product, dq=np.zeros_like(product.dq))


def modify_input(exposures, params, drizzle):
    """Scale the caller's array."""
    product = drizzle(exposures, params)
    exposures[0].data[:] *= 2
    return product


def fill_wrongly(exposures, params, drizzle):
    """Leave zeros where there is no weight."""
    product = drizzle(exposures, params)
    return changed(product, sci=np.nan_to_num(product.sci))


def punch_holes(exposures, params, drizzle):
    """Lose the weight of every tenth column."""
    product = drizzle(exposures, params)
    wht, sci = product.wht.copy(), product.sci.copy()
    wht[:, ::10], sci[:, ::10] = 0, np.nan
    return changed(product, wht=wht, sci=sci)


def leak_nan(exposures, params, drizzle):
    """Make one covered pixel NaN."""
    product = drizzle(exposures, params)
    sci = product.sci.copy()
    sci[tuple(np.argwhere(product.wht > 0)[1000])] = np.nan
    return changed(product, sci=sci)


def spill_outside(exposures, params, drizzle):
    """Give weight to a corner that no exposure sees."""
    product = drizzle(exposures, params)
    wht, sci = product.wht.copy(), product.sci.copy()
    wht[0, 0], sci[0, 0] = 1.0, 0.0
    return changed(product, wht=wht, sci=sci)


def ignore_pixfrac(exposures, params, drizzle):
    """Drizzle whole pixels whatever pixfrac is asked for."""
    return drizzle(exposures, dataclasses.replace(params, pixfrac=1.0))


def blur_rows(exposures, params, drizzle):
    """Smear the science image along rows."""
    product = drizzle(exposures, params)
    sci = product.sci
    return changed(product, sci=(np.roll(sci, 1, axis=1) + 2 * sci + np.roll(sci, -1, axis=1)) / 4)


def lose_weight(exposures, params, drizzle):
    """Lose 0.1 % of all weight."""
    product = drizzle(exposures, params)
    return changed(product, wht=product.wht * np.float32(0.999))


def jitter_stars(exposures, params, drizzle):
    """Mix every second block of 16 columns with what lies one pixel beside it."""
    product = drizzle(exposures, params)
    odd = (np.arange(product.sci.shape[1]) // 16) % 2 == 1
    mixed = np.where(odd, 0.9 * product.sci + 0.1 * np.roll(product.sci, 1, axis=1), product.sci)
    return changed(product, sci=mixed.astype(np.float32))
