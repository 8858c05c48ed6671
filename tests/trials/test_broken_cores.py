"""Every gate is seen to fail on a core that is broken in the way it guards against."""

import importlib.util
from pathlib import Path

import pytest

from harness.cores.registry import load_core
from harness.gates.evaluate import evaluate_all
from harness.gates.specification import load_specifications
from harness.model import Outcome
from harness.trials.case import Case
from harness.trials.run import run_trial

SPEC = importlib.util.spec_from_file_location(
    "broken_cores", Path(__file__).with_name("broken_cores.py")
)
broken = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(broken)

NOISY = Case(source="scene/ir-box-noisy", kernel="square", pixfrac=0.8, scale=0.5)
QUIET = Case(source="scene/ir-box", kernel="square", pixfrac=0.6, scale=0.5)
BLANK = Case(source="scene/blank-sky", kernel="square", pixfrac=0.6, scale=0.5)
PIXELS = {"agreement.weight", "agreement.science", "agreement.coverage_mismatch"}
WEIGHTS = {"weight.rms_over_median", "weight.rms_over_median_positive"}
HOLES = {"coverage.hole_fraction", "coverage.largest_hole"}
IMAGES = {"integrity.context", "integrity.dq", "integrity.variance"}
STAR_FITS = {"psf.fwhm_recovery-noisy", "photometry.weight_conservation"}
ALL = PIXELS | WEIGHTS | HOLES | IMAGES | STAR_FITS

FAULTS = [
    # fault, what must turn red, what may turn red with it
    ("lose_flux", {"agreement.science"}, set()),
    ("shift_science", {"agreement.science"}, set()),
    ("shift_pixmap", {"agreement.weight", "agreement.science"}, PIXELS | WEIGHTS | HOLES | IMAGES),
    ("widen_pixfrac", {"agreement.weight", "weight.rms_over_median"}, PIXELS | WEIGHTS | IMAGES),
    ("ignore_weights", {"agreement.weight"}, ALL),
    ("lose_exposure", {"agreement.weight", "integrity.context"}, ALL),
    ("drop_context_bit", {"integrity.context"}, set()),
    ("weigh_variance_plainly", {"integrity.variance"}, set()),
    ("lose_dq", {"integrity.dq"}, set()),
    ("modify_input", {"integrity.inputs_unmodified"}, set()),
    ("fill_wrongly", {"integrity.fill"}, set()),
    ("punch_holes", {"coverage.hole_fraction"}, ALL),
    ("leak_nan", {"integrity.finite"}, {"agreement.science"}),
    (
        "spill_outside",
        {"integrity.footprint"},
        {"agreement.weight", "agreement.coverage_mismatch", "photometry.weight_conservation"},
    ),
]
STARS = [
    # fault, what must turn red on a scene without noise, what must not
    ("lose_flux", {"photometry.flux_ratio"}, {"psf.fwhm_recovery-exact", "astrometry.offset"}),
    ("shift_pixmap", {"astrometry.offset"}, {"photometry.weight_conservation"}),
    (
        "widen_pixfrac",
        {"psf.fwhm_recovery-exact"},
        {"photometry.weight_conservation"},
    ),
    ("blur_rows", {"psf.fwhm_recovery-noise-free", "psf.ellipticity"}, {"agreement.weight"}),
    ("lose_weight", {"photometry.weight_conservation"}, {"photometry.flux_ratio"}),
    (
        "jitter_stars",
        {"astrometry.scatter", "photometry.aperture_scatter"},
        {"agreement.weight", "photometry.weight_conservation"},
    ),
]


def failing(core, case=NOISY):
    """Return the names of the specifications that are not green for a core on a case."""
    trial = run_trial(core, case)
    verdicts = evaluate_all(trial.measurements, load_specifications(), trial.subject)
    red = (Outcome.FAIL, Outcome.NOT_MEASURED)
    return {one.specification for one in verdicts if one.outcome in red}


@pytest.mark.parametrize("name", ["oracle", "drizzle"])
def test_right_cores_stay_green(name):
    """A core that is right fails nothing."""
    assert failing(load_core(name)) == set()


@pytest.mark.parametrize(("fault", "red", "may"), FAULTS, ids=[row[0] for row in FAULTS])
def test_fault_turns_its_gate_red(fault, red, may):
    """A fault is found by the specification that is there for it, and by none that is not."""
    found = failing(broken.BrokenCore(getattr(broken, fault)))
    assert red <= found
    assert found <= red | may


@pytest.mark.parametrize(("fault", "red", "green"), STARS, ids=[row[0] for row in STARS])
def test_fault_shows_in_the_stars(fault, red, green):
    """Widths, fluxes and positions of stars each find the fault that is theirs."""
    found = failing(broken.BrokenCore(getattr(broken, fault)), QUIET)
    assert red <= found
    assert not green & found


def test_ignored_pixfrac_shows_in_the_noise():
    """A core that drizzles with pixfrac 1 whatever is asked correlates the noise too much."""
    assert "noise.correlation_ratio" in failing(broken.BrokenCore(broken.ignore_pixfrac), BLANK)
