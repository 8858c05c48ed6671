"""Tests of harness.discovery.simplify: what is left when everything that may go has gone."""

import numpy as np
import pytest

from harness.cores.request import DrizzleRequest, RawImage, make_pixmap
from harness.discovery.simplify import simplify


def request_with(pixmap):
    """Return a request of one image with this pixmap."""
    image = RawImage(data=np.ones(pixmap.shape[:2], dtype=np.float32), pixmap=pixmap)
    return DrizzleRequest(images=(image,), shape=(5, 5))


@pytest.mark.parametrize(
    ("shape", "simplest"), [((1, 1), (1, 1)), ((1, 4), (1, 1)), ((4, 1), (1, 1)), ((3, 3), (2, 2))]
)
@pytest.mark.parametrize("known", ["all", "one", "none"])
def test_a_pixmap_of_any_shape_is_simplified(shape, simplest, known) -> None:
    """One pixel, one row, one known position or none: nothing is asked of what is not there."""
    pixmap = make_pixmap(shape) * 1.5 + 0.25
    if known != "all":
        kept = pixmap[0, 0].copy()
        pixmap[...] = np.nan
        if known == "one":
            pixmap[0, 0] = kept
    found = simplify(request_with(pixmap), lambda candidate: True)
    # One row or column alone is a speciality, which no request gets that had neither.
    assert found.images[0].pixmap.shape == (*simplest, 2)


def test_only_what_holds_is_taken() -> None:
    """The row that the violation needs stays, and so does what is not finite in it."""
    pixmap = make_pixmap((4, 3)) * 1.5 + 0.25
    pixmap[2] = np.nan
    found = simplify(
        request_with(pixmap), lambda candidate: bool(np.isnan(candidate.images[0].pixmap).any())
    )
    pixmap = found.images[0].pixmap
    assert pixmap.shape == (2, 2, 2)
    assert np.isnan(pixmap).any()
