"""Small scenes and frames that several tests share."""

import pytest

from harness.scenes.detector import list_detectors, load_detector
from harness.scenes.optics import PixelFrame


@pytest.fixture(scope="session", params=list_detectors())
def detector(request):
    """Load every detector there is."""
    return load_detector(request.param)


@pytest.fixture
def make_frame():
    """Return a way to read out a part of a chip."""

    def make(name, shape=(64, 64), *, chip=0, corner=None, distorted=True):
        """Read out `shape` pixels from `corner`, about the reference pixel where it is None."""
        whole = load_detector(name).chips[chip]
        if corner is None:
            corner = tuple(
                round(centre - 1 - size / 2)
                for centre, size in zip(whole.crpix[::-1], shape, strict=True)
            )
        return PixelFrame(chip=whole, corner=corner, shape=shape, distorted=distorted)

    return make
