"""Tests of harness.trials: sources, exposures, stars, noise, and the trial of a case."""

import dataclasses

import numpy as np
import pytest

from harness.cores.registry import load_core
from harness.errors import UsageError
from harness.gates.metric import load_metrics
from harness.trials.case import Case
from harness.trials.exposures import FrameAccess, exposures_of
from harness.trials.facts import facts_of, split_source
from harness.trials.run import run_trial, subject_of
from harness.trials.sky_noise import expect_background
from harness.trials.truth import find_truth

HERE = FrameAccess()
QUIET = Case(source="scene/ir-box", kernel="square", pixfrac=0.6, scale=0.5)
NOISY = Case(source="scene/ir-box-noisy", kernel="square", pixfrac=0.8, scale=0.5)
BLANK = Case(source="scene/blank-sky", kernel="square", pixfrac=0.6, scale=0.5)
PAIR = Case(source="scene/many-exposures", kernel="square", pixfrac=0.6, scale=0.75, subset=2)


def test_a_case_is_named_by_all_that_makes_it():
    """Two cases that differ in anything have different names."""
    plain = Case(source="scene/ir-box", kernel="square", pixfrac=0.6, scale=0.5)
    changes = (
        {"source": "scene/ir-box-noisy"},
        {"kernel": "turbo"},
        {"pixfrac": 0.65},
        {"scale": 0.75},
        {"weighting": "IVM"},
        {"subset": 2},
        {"again": True},
    )
    names = {dataclasses.replace(plain, **change).id for change in changes} | {plain.id}
    assert plain.id == "scene/ir-box-square-p0.6-s0.5-EXP"
    assert len(names) == 8


@pytest.mark.parametrize("source", ["ir-box", "scene/", "film/ir-box"])
def test_a_source_must_be_a_scene_or_frames(source):
    """The message says what there is."""
    with pytest.raises(UsageError, match=r"source is .*scene/NAME or frames/NAME"):
        split_source(source)


@pytest.mark.parametrize(
    ("source", "subset", "expected"),
    [
        ("scene/ir-box", 0, ("synthetic", False, True, {"isolated"})),
        ("scene/ir-box", 1, ("synthetic", False, False, {"isolated"})),
        ("scene/no-dither", 0, ("synthetic", False, False, {"isolated"})),
        ("scene/blank-sky", 0, ("synthetic", True, True, {"blank"})),
        ("scene/rotated-pair", 0, ("synthetic", False, True, {"isolated", "partial-overlap"})),
        ("frames/niriss-hd36805", 0, ("real", True, True, {"stars"})),
        ("frames/wfc3ir-f140w", 0, ("derived", True, True, {"stars"})),
        ("frames/wfc3ir-cutout", 0, ("real", True, False, {"reference"})),
    ],
)
def test_what_a_source_is_follows_from_its_fixtures(source, subset, expected):
    """Pixels, noise, dither and tags decide which specifications apply."""
    facts = facts_of(source, subset)
    assert (facts.pixels, facts.noisy, facts.dithered, facts.tags) == expected


def test_a_subset_is_the_first_exposures():
    """Only as many as are asked for, with pixmaps and weights."""
    ready = exposures_of(PAIR, HERE)
    assert len({one.name for one in ready.exposures}) == 2
    assert all(one.pixmap is not None for one in ready.exposures)


def test_weights_follow_the_weighting():
    """EXP is the exposure time where a pixel counts, uniform is one."""
    for weighting, value in (("EXP", None), ("uniform", 1.0)):
        ready = exposures_of(dataclasses.replace(NOISY, weighting=weighting), HERE)
        first = ready.exposures[0]
        assert set(np.unique(first.weight_map)) == {0.0, np.float32(value or first.exptime)}


def test_the_quiet_twin_has_the_same_weights_without_noise():
    """Bad pixels count in neither; only the noise is gone."""
    ready = exposures_of(NOISY, HERE)
    for noisy, quiet in zip(ready.exposures, ready.quiet, strict=True):
        assert np.array_equal(noisy.weight_map, quiet.weight_map)
        assert not np.array_equal(noisy.data, quiet.data)
    assert exposures_of(QUIET, HERE).quiet is None


def test_stars_are_the_brightest_isolated_ones_of_the_overlap():
    """Forty at most, all where every exposure looks, expected without noise."""
    truth = find_truth(NOISY, HERE)
    stars = truth.expected.stars
    assert stars.x.size == 40
    covered = truth.masks["full_coverage"]
    assert covered[np.rint(stars.y).astype(int), np.rint(stars.x).astype(int)].all()
    assert np.all(np.diff(stars.truth.flux) <= 0)
    good = stars.fits.good
    # Pixels half as wide as the stars pull centres by a tenth of an output pixel.
    assert np.hypot(stars.fits.x - stars.x, stars.fits.y - stars.y)[good].max() < 0.2
    assert find_truth(BLANK, HERE).expected.stars is None


def test_aperture_sums_are_the_true_fluxes():
    """The units of the truth are those of the product: sums differ by the wings alone."""
    stars = find_truth(QUIET, HERE).expected.stars
    assert stars.sums / stars.truth.flux == pytest.approx(1.0, abs=0.05)


def test_background_of_equal_pixels_is_their_scatter():
    """Where variances differ, the median deviation lies between them."""
    assert expect_background(np.full(9, 4.0)) == pytest.approx(2.0)
    mixed = expect_background(np.array([1.0, 9.0]))
    assert 1.0 < mixed < np.sqrt(5.0)


def test_the_noise_of_blank_sky_is_known_beforehand():
    """Correlation and background are measured within three standard errors of exact values."""
    trial = run_trial(load_core("oracle"), BLANK)
    found = {one.metric: one for one in trial.measurements if one.metric.startswith("noise.")}
    assert set(found) == {"noise.correlation_ratio", "noise.background"}
    for one in found.values():
        assert abs(one.value - one.expected) < 3 * one.uncertainty
    noise = find_truth(BLANK, HERE).noise
    pixels = (noise.box[1] - noise.box[0]) * (noise.box[3] - noise.box[2])
    assert pixels / 4 < noise.independent < pixels


def test_a_trial_measures_what_applies():
    """Region, sample and expectation are there; the subject says what was judged."""
    trial = run_trial(load_core("oracle"), QUIET)
    by_metric = {one.metric: one for one in trial.measurements}
    fwhm = by_metric["psf.fwhm"]
    assert fwhm.region == "full_coverage"
    assert fwhm.sample_size == 40
    assert fwhm.value == pytest.approx(fwhm.expected, rel=1e-6)
    # Adding in quadrature is no more than a rule of thumb for undersampled stars.
    assert fwhm.extras["quadrature"] == pytest.approx(fwhm.value, rel=0.05)
    assert fwhm.extras["over_intrinsic"] > 1.0
    assert by_metric["photometry.weight_conservation"].value == pytest.approx(1.0, abs=1e-6)
    subject = subject_of(load_core("oracle"), QUIET)
    assert trial.subject == subject
    assert (subject.noise, subject.dithered, subject.case) == ("noise-free", True, QUIET.id)


@pytest.mark.parametrize("case", [QUIET, BLANK], ids=lambda case: case.source)
def test_units_are_those_of_the_definitions(case):
    """What the pages say of a metric is what the code measures."""
    metrics = load_metrics()
    for one in run_trial(load_core("oracle"), case).measurements:
        assert one.unit == metrics[one.metric].unit, one.metric
