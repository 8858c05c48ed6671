"""What was measured of a product, kept beside the truths it was measured against.

A core that makes the same pixels again, bit for bit, is not measured again: most changes of a core
change no pixel of most cases.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import numpy as np

from harness.content import content_key
from harness.model import Capabilities, DrizzledProduct, Measurement
from harness.trials.case import Case
from harness.trials.exposures import FrameAccess, exposures_of
from harness.trials.kept import content_of, recipe_of
from harness.trials.once import Arrays, make_once, truths_folder
from harness.trials.truth import EDGE, params_of

Measurements = tuple[Measurement, ...]
MEASURED = "measurements"
"""The one array of such a set: bytes of JSON."""


def measure_once(
    product: DrizzledProduct,
    case: Case,
    access: FrameAccess,
    able: Capabilities,
    measure: Callable[[], Measurements],
) -> Measurements:
    """Measure the pixels of a product, or return what was kept of that.

    Parameters
    ----------
    product : DrizzledProduct
        All bits of its images are in the key.
    case : Case
    access : FrameAccess
    able : Capabilities
        Of the core: they decide what is measured.
    measure : callable
        Must follow from these, and the truth of the case, alone.
    """
    if truths_folder() is None:
        return measure()
    params = content_of(params_of(case, exposures_of(case, access)))
    key = ("product", recipe_of(case, access), case.id, params, EDGE, able, _name_pixels(product))
    return make_once(key, measure, _arrays_of, _measurements_from)


def _name_pixels(product: DrizzledProduct) -> str:
    """Name a product by the bits of all its images."""
    return content_key(product.sci, product.wht, product.ctx, product.variance, product.dq)


def _arrays_of(measurements: Measurements) -> Arrays:
    told = json.dumps([dataclasses.asdict(one) for one in measurements])
    return {MEASURED: np.frombuffer(told.encode(), dtype=np.uint8)}


def _measurements_from(arrays: Arrays) -> Measurements:
    told = json.loads(arrays[MEASURED].tobytes())
    return tuple(Measurement(**one) for one in told)
