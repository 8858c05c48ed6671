import dataclasses

import numpy as np
import pytest

from harness.cores.oracle import combine
from harness.cores.oracle_contested import find_contested
from harness.model import DrizzleParams, OutputGrid

EDGE = 1e-6


def find_by_contexts(exposures, params, edge):
    """Drizzle smaller and larger drops in full, and compare the context images."""
    contexts = [
        combine(exposures, dataclasses.replace(params, pixfrac=params.pixfrac * factor)).ctx
        for factor in (1 - edge, 1 + edge)
    ]
    return (contexts[0] != contexts[1]).any(axis=0)


def params_of(kernel, pixfrac):
    """Ask for a drizzle run that cuts the frame on two sides."""
    grid = OutputGrid(shape=(90, 94), pixel_scale=0.5)
    return DrizzleParams(kernel=kernel, pixfrac=pixfrac, grid=grid)


@pytest.mark.parametrize("kernel", ["square", "point", "turbo", "gaussian", "lanczos3"])
@pytest.mark.parametrize("pixfrac", [1.0, 0.5, 0.001])
@pytest.mark.parametrize("edge", [EDGE, 1e-3])
def test_contested_pixels_are_where_contexts_differ(kernel, pixfrac, edge, make_exposure) -> None:
    """The fast way gives every pixel of the slow one and no other; both have some to find."""
    # Unturned drops of half-integer size end on pixel edges; turned ones cut corners anywhere.
    exposures = [
        make_exposure(),
        make_exposure(shift=(8.5, 8.25), seed=2),
        make_exposure(angle=0.3, shift=(20.0, -6.0), seed=3),
    ]
    holes = exposures[0].weight_map.copy()
    holes[10:14, 7:30] = 0.0
    holes[20] = np.float32(1e-45)
    exposures[0] = dataclasses.replace(exposures[0], weight_map=holes)
    params = params_of(kernel, pixfrac)
    expected = find_by_contexts(exposures, params, edge)
    assert (find_contested(exposures, params, edge=edge) == expected).all()
    assert (find_contested(exposures, params, edge=edge, fast=False) == expected).all()
    if kernel == "square" and pixfrac > 0.01:
        assert expected.any()


def test_a_bent_pixmap_is_no_exception(make_exposure) -> None:
    """Drops that are no parallelograms, some with crossing sides, are told apart as well."""
    exposure = make_exposure()
    rng = np.random.default_rng(5)
    pixmap = exposure.pixmap + rng.normal(0.0, 0.6, exposure.pixmap.shape)
    bent = dataclasses.replace(exposure, pixmap=pixmap)
    params = params_of("square", 0.9)
    for edge in (EDGE, 1e-3):
        expected = find_by_contexts([bent], params, edge)
        assert (find_contested([bent], params, edge=edge) == expected).all()
