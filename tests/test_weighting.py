import dataclasses

import numpy as np
import pytest

from harness.errors import UsageError
from harness.model import Exposure
from harness.rows import SMALL_BLOCK
from harness.weighting import weigh, with_weights


def make_exposure(**changes):
    """Build an exposure of 4 x 5 pixels with a bad, a masked and two flagged pixels."""
    weights = np.ones((4, 5), np.float32)
    weights[0, 0], weights[0, 1] = 0.0, np.nan
    dq = np.zeros((4, 5), np.uint32)
    dq[1, 1], dq[1, 2], dq[1, 3] = 4, 16, 4 | 16
    values = {
        "name": "made",
        "data": np.zeros((4, 5), np.float32),
        "weight_map": weights,
        "dq": dq,
        "exptime": 50.0,
        "in_units": "counts",
        "pixel_scale": 0.05,
        "variance": (np.full((4, 5), 8.0, np.float32),),
        "read_noise": 5.0,
        "sky": 0.3,
        "dark": 0.02,
    }
    return Exposure(**(values | changes))


@pytest.mark.parametrize(
    ("weighting", "value"),
    [("EXP", 50.0), ("uniform", 1.0), ("ERR", 2500.0 / 8.0), ("IVM", 2500.0 / 41.0)],
)
def test_values(weighting, value):
    """t; 1; (t / ERR)^2; t^2 / (dark t + sky t + read noise^2) = 2500 / (1 + 15 + 25)."""
    weights = weigh(make_exposure(), weighting)
    assert weights.dtype == np.float32
    bad = weights == 0
    assert set(zip(*np.nonzero(bad), strict=True)) == {(0, 0), (0, 1), (1, 1), (1, 2), (1, 3)}
    np.testing.assert_allclose(weights[~bad], value, rtol=1e-7)


def test_good_bits():
    """A pixel is good when no bits are left but those that count as good."""
    weights = weigh(make_exposure(), "EXP", bits=16)
    assert (weights[1, 1], weights[1, 2], weights[1, 3]) == (0, 50, 0)
    assert (weigh(make_exposure(), "EXP", bits=20)[1] == 50).all()
    assert weigh(make_exposure(dq=None), "EXP")[1, 1] == 50


def test_flat_enters_ivm():
    """(flat t)^2 / (dark t + sky t flat + read noise^2)."""
    flat = np.linspace(0.0, 1.5, 20, dtype=np.float32).reshape(4, 5)
    weights = weigh(make_exposure(flat=flat, dq=None), "IVM")
    expected = (flat * 50.0) ** 2 / (1.0 + 15.0 * flat + 25.0)
    expected.flat[:2] = 0
    np.testing.assert_allclose(weights, expected, rtol=1e-6)


def test_variance_without_sense_has_no_weight():
    """A pixel of zero, negative or undefined variance cannot be weighted by it."""
    variance = np.full((4, 5), 8.0, np.float32)
    variance[3, :4] = 0.0, -1.0, np.nan, np.inf
    weights = weigh(make_exposure(variance=(variance,)), "ERR")
    np.testing.assert_array_equal(weights[3], np.float32([0, 0, 0, 0, 312.5]))


@pytest.mark.parametrize(
    ("weighting", "changes", "message"),
    [
        ("ERR", {"variance": ()}, r"exposure made\[1\]: has no variance"),
        ("IVM", {"sky": 0.0, "dark": 0.0, "read_noise": 0.0}, "give no variance"),
        ("none", {}, "no weighting is called 'none'. Allowed: EXP, IVM, ERR, uniform"),
    ],
)
def test_what_cannot_be_weighted(weighting, changes, message):
    """An exposure that lacks what a weighting needs is named."""
    with pytest.raises(UsageError, match=message):
        weigh(make_exposure(**changes), weighting)


def test_with_weights_leaves_the_exposures():
    """New exposures carry the new weights; the old ones keep theirs."""
    exposures = [make_exposure(), make_exposure(exptime=10.0)]
    first, second = with_weights(exposures, "EXP", bits=16)
    assert (first.weight_map[2, 2], second.weight_map[2, 2]) == (50, 10)
    assert exposures[0].weight_map[2, 2] == 1
    assert first.data is exposures[0].data


def test_the_map_at_hand_is_returned_where_it_is_the_same():
    """EXP weights of an exposure that carries them already are not written a second time."""
    exposure = make_exposure()
    weights = weigh(exposure, "EXP")
    assert weights is not exposure.weight_map
    again = dataclasses.replace(exposure, weight_map=weights)
    assert weigh(again, "EXP") is weights
    # A map that differs in the sign of a zero, or a NaN, is another one.
    for odd in (-0.0, np.nan):
        other = weights.copy()
        other[weights == 0] = odd
        made = weigh(dataclasses.replace(exposure, weight_map=other), "EXP")
        assert made.tobytes() == weights.tobytes()


def test_blocks_of_rows_do_not_show():
    """Each row of a large image has the weights that it has by itself."""
    rng = np.random.default_rng(4)
    shape = (3 * SMALL_BLOCK // 1000 + 5, 1000)
    tall = make_exposure(
        data=np.zeros(shape, np.float32),
        weight_map=np.ones(shape, np.float32),
        dq=rng.integers(0, 3, shape).astype(np.uint32),
        variance=(rng.random(shape, dtype=np.float32),),
        flat=rng.random(shape, dtype=np.float32),
    )
    for weighting in ("EXP", "ERR", "IVM", "uniform"):
        whole = weigh(tall, weighting)
        assert (whole > 0).any()
        assert (whole == 0).any()
        for row in (0, shape[0] // 2, shape[0] - 1):
            alone = dataclasses.replace(
                tall,
                **{
                    name: getattr(tall, name)[row : row + 1]
                    for name in ("data", "weight_map", "dq", "flat")
                },
                variance=(tall.variance[0][row : row + 1],),
            )
            assert weigh(alone, weighting).tobytes() == whole[row].tobytes()
