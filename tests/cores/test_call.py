import dataclasses

import numpy as np
import pytest

from harness.cores.call import run_core
from harness.errors import CoreError, GeometryError, UnsupportedCaseError, UsageError


class Core:
    """A core whose product each test spoils in its own way."""

    name = "made"
    version = "7"

    def __init__(self, spoil=lambda product: product, **capabilities):
        self.spoil = spoil
        self.capabilities = {
            "kernels": ("square", "point"),
            "flux_conserving": ("square",),
            "context": True,
        } | capabilities

    def drizzle(self, exposures, params):
        """Return an empty product of the right form."""
        shape = params.grid.shape
        product = {
            "sci": np.zeros(shape, np.float32),
            "wht": np.zeros(shape, np.float32),
            "ctx": np.zeros((1, *shape), np.int32),
            "provenance": {"note": "told", "core": "a lie"},
        }
        return self.spoil(product)


def test_product_carries_provenance(make_exposure, make_params):
    """The harness's own facts are there and prevail over what the core says."""
    product = run_core(Core(), [make_exposure()], make_params(pixfrac=0.3))
    told = dict(product.provenance)
    assert told.pop("seconds") > 0
    assert told == {
        "core": "made",
        "version": "7",
        "kernel": "square",
        "pixfrac": 0.3,
        "weighting": "EXP",
        "pixel_scale": 0.5,
        "exposures": 1,
        "modified_inputs": (),
        "overrun_inputs": (),
        "note": "told",
    }


def test_product_may_be_an_object(make_exposure, make_params):
    """Attributes serve as well as keys."""
    import types

    core = Core(lambda product: types.SimpleNamespace(**product))
    assert run_core(core, [make_exposure()], make_params()).ctx.shape == (1, 110, 110)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("sci", None, "sci is a NoneType"),
        ("sci", np.zeros((110, 110)), "sci is float64 of shape"),
        ("wht", np.zeros((110, 111), np.float32), r"wht is float32 of shape \(110, 111\)"),
        ("ctx", None, "no ctx, but its capability 'context'"),
        ("ctx", np.zeros((110, 110), np.int32), r"Allowed: a numpy array of int32 of shape \(1, "),
        ("ctx", np.zeros((1, 110, 110), np.int64), "ctx is int64"),
        ("dq", np.zeros((110, 110), np.uint32), "returned dq, which nothing called for"),
        ("variance", (np.zeros((110, 110), np.float32),), "has 1 variance images. Allowed: 0"),
        ("variance", np.zeros((110, 110), np.float32), "variance is a ndarray"),
        ("provenance", 5, "provenance is a int"),
    ],
)
def test_wrong_product(make_exposure, make_params, key, value, message):
    """A product of the wrong form is an error that says what was returned and allowed."""
    core = Core(lambda product: product | {key: value})
    with pytest.raises(CoreError, match=f"product of core made 7: .*{message}"):
        run_core(core, [make_exposure()], make_params())


def test_promised_dq_and_variance_must_come(make_exposure, make_params):
    """A core that says it does DQ and variance must return them when the exposures have them."""
    ones = np.ones((40, 44), np.float32)
    with_dq = make_exposure(dq=np.zeros((40, 44), np.uint32))
    with pytest.raises(CoreError, match="no dq, but its capability"):
        run_core(Core(dq=True), [with_dq], make_params())
    run_core(Core(dq=True), [make_exposure()], make_params())
    with pytest.raises(CoreError, match=r"has 0 variance images\. Allowed: 1"):
        run_core(Core(variance=True), [make_exposure(variance=(ones,))], make_params())


def test_core_that_raises(make_exposure, make_params):
    """The error of a core comes with the case in which it was raised."""
    core = Core(lambda product: 1 / 0)
    with pytest.raises(CoreError, match=r"core made 7, 1 exposures, .*ZeroDivision"):
        run_core(core, [make_exposure()], make_params())


@pytest.mark.parametrize(
    ("exposure", "params", "capabilities", "message"),
    [
        ({}, {"kernel": "turbo"}, {}, "cannot do kernel 'turbo'. Allowed: square, point"),
        ({"in_units": "counts"}, {}, {}, "input unit 'counts'. Allowed: cps"),
        ({}, {"weighting": "uniform"}, {"weightings": ("EXP",)}, "weighting 'uniform'"),
        ({}, {}, {"files": True}, r"exposure made1\[1\] has no file"),
    ],
)
def test_unsupported_case(make_exposure, make_params, exposure, params, capabilities, message):
    """What the capabilities exclude is told before the core is called."""
    core = Core(lambda product: pytest.fail("the core was called"), **capabilities)
    with pytest.raises(UnsupportedCaseError, match=f"core made: .*{message}"):
        run_core(core, [make_exposure(**exposure)], make_params(**params))


def test_files_need_a_wcs(make_exposure, make_params, tmp_path):
    """A core that reads files cannot use a grid without WCS."""
    with pytest.raises(UnsupportedCaseError, match="the output grid has no WCS"):
        run_core(Core(files=True), [make_exposure(path=tmp_path)], make_params())


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"pixmap": None}, GeometryError, "has no pixmap"),
        ({"pixmap": np.zeros((40, 43, 2))}, UsageError, r"pixmap is float64 of shape \(40, 43"),
        ({"weight_map": np.ones((40, 44))}, UsageError, "weight_map is float64"),
        ({"dq": np.zeros((40, 44), np.int16)}, UsageError, "dq is int16"),
        ({"variance": (np.ones((4, 4), np.float32),)}, UsageError, r"variance\[0\] is float32"),
        ({"exptime": 0.0}, UsageError, "exptime is 0.0 s"),
    ],
)
def test_arrays_that_do_not_fit(make_exposure, make_params, changes, kind, message):
    """An exposure whose arrays contradict each other is named."""
    with pytest.raises(kind, match=rf"exposure made1\[1\]: .*{message}"):
        run_core(Core(), [make_exposure(**changes)], make_params())


def test_run_without_sense(make_exposure, make_params):
    """No exposures, a pixfrac out of range, an empty grid, unequal variances: usage errors."""
    exposure = make_exposure()
    with pytest.raises(UsageError, match="no exposures"):
        run_core(Core(), [], make_params())
    with pytest.raises(UsageError, match=r"pixfrac is 1\.5. Allowed: 0 to 1"):
        run_core(Core(), [exposure], make_params(pixfrac=1.5))
    with pytest.raises(UsageError, match="output grid is 0 x 9"):
        run_core(Core(), [exposure], make_params((0, 9)))
    more = dataclasses.replace(exposure, variance=(exposure.weight_map,))
    with pytest.raises(UsageError, match="has 1 variance images"):
        run_core(Core(), [exposure, more], make_params())


class Scribbling(Core):
    """A core that writes to what it is given."""

    def drizzle(self, exposures, params):
        """Scribble, then drizzle."""
        self.scribble(exposures)
        return super().drizzle(exposures, params)


def test_modified_inputs_are_named_and_stay(make_exposure, make_params):
    """A core that writes into its input is found out, and the input is as before."""
    exposures = [make_exposure(seed=1), make_exposure(seed=2)]
    exposures[1].data[0, 0] = np.nan
    before = exposures[1].data.copy()

    def scribble(given):
        given[1].data[3, 3] += 1e-6
        given[0].pixmap[0, 0, 0] = np.nan

    core = Scribbling()
    core.scribble = scribble
    product = run_core(core, exposures, make_params())
    assert product.provenance["modified_inputs"] == ("made1[1].pixmap", "made2[1].data")
    assert product.provenance["overrun_inputs"] == ()
    np.testing.assert_array_equal(exposures[1].data, before)
    assert np.isfinite(exposures[0].pixmap).all()
    unchecked = run_core(Core(), exposures, make_params(), check_inputs=False)
    assert unchecked.provenance["modified_inputs"] is None
    assert unchecked.provenance["overrun_inputs"] is None


def test_memory_beside_the_input_is_watched(make_exposure, make_params):
    """A core that writes one value before or behind an array is found out by its name."""
    exposures = [make_exposure(seed=1), make_exposure(seed=2)]

    def scribble(given):
        room = given[1].weight_map.base
        start = (given[1].weight_map.ctypes.data - room.ctypes.data) // room.itemsize
        room[start - 1] = 0

    core = Scribbling()
    core.scribble = scribble
    product = run_core(core, exposures, make_params())
    assert product.provenance["overrun_inputs"] == ("made2[1].weight_map",)
    assert product.provenance["modified_inputs"] == ()
