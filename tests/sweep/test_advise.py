import dataclasses

import numpy as np
import pytest

from harness.metrics.field import native_scale_of
from harness.model import Measurement, Region
from harness.scenes import load_scene, make_scene
from harness.sweep.advise import advise
from harness.sweep.assemble import make_request
from harness.sweep.figures_of_merit import SLACK, count_phases, find_knee, interpolate, weigh_up
from harness.sweep.measure import run_point
from harness.sweep.plan import SweepPlan
from harness.sweep.predict import FWHM, predict_point, predict_width, prediction_pixfracs
from harness.sweep.reasons import tell_holes
from harness.sweep.record import Prediction, SweepPoint
from harness.sweep.rules import SPARE, hold_to_rules
from harness.sweep.sample import take_sample
from harness.sweep.stage import set_stage
from harness.sweep.stars import place, survey
from harness.sweep.summary import summarise

PIXFRACS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
REGION = Region(name="middle", kind="sky_box", sky=(161.77, 17.27, 7.0, 7.0))


def expose(dither, *, numbers=None, detector="wfc3-ir", bad=0.0, field="blank"):
    """Return the exposures of a pattern, or some of them by number."""
    scene = dataclasses.replace(
        load_scene("ir-box"),
        name="advice",
        detector=detector,
        dither=dither,
        field=field,
        shape=(128, 128),
        bad_pixel_fraction=bad,
        distortion=detector == "wfc3-ir",
    )
    exposures = make_scene(scene).exposures
    return exposures if numbers is None else tuple(exposures[n] for n in numbers)


def run(exposures, scales, *, limit=0.2):
    """Sweep exposures with a real core, in this process; return the advice and its ground.

    The region is a box in the middle, so that patterns of any size are compared on the same sky.
    """
    plan = SweepPlan(
        scene="advice",
        scales=scales,
        pixfracs=PIXFRACS,
        cores=("drizzle",),
        region=REGION,
        rms_limit=limit,
    )
    points, predictions, seen, summaries = [], [], None, ()
    for scale in scales:
        stage = set_stage(exposures, scale, plan.region)
        if seen is None:
            seen, summaries = survey(stage), summarise(exposures, stage)
        stage = place(stage, seen)
        sample, native = take_sample(stage), native_scale_of(exposures)
        grid = prediction_pixfracs(PIXFRACS)[::2]
        values = [
            {**predict_point(sample, "square", p, native), FWHM: predict_width(stage, p)}
            for p in grid
        ]
        curves = {name: tuple(one[name] for one in values) for name in values[0]}
        predictions.append(Prediction(kernel="square", scale=scale, pixfracs=grid, curves=curves))
        for point in plan.points():
            if point.scale == scale:
                result = run_point(stage, point, "EXP")
                points.append(
                    SweepPoint(
                        core=point.core,
                        kernel=point.kernel,
                        scale=point.scale,
                        pixfrac=point.pixfrac,
                        state=result.state,
                        reason=result.reason,
                        measurements=result.measurements,
                    )
                )
    return advise(make_request(plan), summaries, points, predictions), summaries, predictions


def decisive(advice):
    """Return the rules without which another pixfrac would be advised."""
    return {reason.rule for reason in advice.reasons if reason.decisive}


@pytest.mark.parametrize("bad", [0.002, 0.01])
def test_notebook_geometry_gets_what_is_published(bad):
    """Four-point box, true WFC3/IR pixels, 0.065 arcsec, some bad pixels: 0.6 to 0.8."""
    advice, summaries, _ = run(expose("ir-dither-box-min", bad=bad), (0.065,))
    assert count_phases(summaries) == 4
    assert 0.6 <= advice.pixfrac <= 0.8
    assert decisive(advice) & {"holes", "spare"}


def test_drop_that_just_closes_the_gaps_is_not_enough():
    """At half a pixel the box closes all gaps, and a pointing off by a fortieth opens them."""
    curve = Prediction(
        kernel="square",
        scale=0.065,
        pixfracs=(0.4, 0.45, 0.5, 0.55, 0.6),
        curves={"coverage.single_fraction": (0.03, 0.004, 1e-4, 0.0, 0.0)},
    )
    assert interpolate(curve, "coverage.single_fraction", 0.5 - SLACK) > SPARE
    assert interpolate(curve, "coverage.single_fraction", 0.6 - SLACK) == 0.0
    assert interpolate(curve, "coverage.single_fraction", 0.475) == pytest.approx(0.00205)
    assert interpolate(curve, "coverage.single_fraction", 0.1) == 0.03
    assert interpolate(curve, "psf.fwhm", 0.5) is None
    assert interpolate(None, "psf.fwhm", 0.5) is None


def test_bad_pixels_ask_for_larger_drops():
    """The same box without bad pixels allows a smaller drop: the rule about holes has teeth."""
    clean, _, _ = run(expose("ir-dither-box-min"), (0.065,))
    spoilt, _, _ = run(expose("ir-dither-box-min", bad=0.04), (0.065,))
    assert clean.pixfrac < spoilt.pixfrac


def test_one_pixel_does_not_move_the_advice():
    """One more bad pixel, or one less, anywhere in the region leaves the advice where it is."""
    exposures = expose("ir-dither-box-min", bad=0.01)
    advised = {run(exposures, (0.065,))[0].pixfrac}
    for number, (y, x) in enumerate([(60, 61), (64, 70), (71, 58)]):
        weight = exposures[number].weight_map.copy()
        weight[y, x] = 0.0
        changed = dataclasses.replace(exposures[number], weight_map=weight)
        others = [*exposures[:number], changed, *exposures[number + 1 :]]
        advised.add(run(tuple(others), (0.065,))[0].pixfrac)
    spoilt = np.argwhere(exposures[0].weight_map[48:80, 48:80] == 0)[0] + 48
    weight = exposures[0].weight_map.copy()
    weight[tuple(spoilt)] = exposures[0].weight_map.max()
    mended = (dataclasses.replace(exposures[0], weight_map=weight), *exposures[1:])
    advised.add(run(mended, (0.065,))[0].pixfrac)
    assert len(advised) == 1, advised


def test_uneven_phases_are_decided_by_the_limit():
    """On square pixels the box misses half phases: the 0.2 limit asks for 0.6 (0.167 there)."""
    exposures = expose("ir-dither-box-min", detector="wfc3-ir-isotropic")
    advice, _, _ = run(exposures, (0.065,))
    assert advice.pixfrac == 0.6
    assert "weight" in decisive(advice)
    strict, _, _ = run(exposures, (0.065,), limit=0.07)
    assert strict.pixfrac == 0.8


def test_no_point_within_the_limit_is_told():
    """Where no pixfrac keeps the rules, the nearest is named, and the caveat says so."""
    advice, _, _ = run(expose("ir-dither-box-min", numbers=(0, 1)), (0.065,), limit=1e-6)
    assert "no pixfrac of the sweep meets every rule" in advice.summary
    assert any("comes nearest" in caveat for caveat in advice.caveats)


@pytest.mark.parametrize("dither", ["none", "single"])
def test_without_dither_it_says_one_and_why(dither):
    """Exposures of one phase get 1.0 at the scale nearest to the pixel, with the reason."""
    advice, summaries, _ = run(expose(dither), (0.065, 0.128))
    assert count_phases(summaries) == 1
    assert (advice.pixfrac, advice.scale) == (1.0, 0.128)
    assert decisive(advice) == {"no dither", "sampling"}
    assert ("one exposure" if dither == "single" else "share one pixel phase") in advice.summary


def test_fewer_phases_need_larger_drops():
    """Of one grid, fewer phases never allow a smaller drop, and two need more than 25."""
    subsets = [
        tuple(range(25)),
        (0, 2, 4, 10, 12, 14, 20, 22, 24),
        (0, 2, 10, 12),
        (0, 12),
    ]
    chosen = [run(expose("grid-5x5", numbers=some), (0.065,))[0].pixfrac for some in subsets]
    assert chosen == sorted(chosen)
    assert chosen[0] <= 0.3
    assert chosen[-1] >= 0.6


def test_random_dithers():
    """Forty random phases are uneven by chance: no hole decides, but limit and knee do."""
    advice, summaries, _ = run(expose("random-40"), (0.065,))
    assert count_phases(summaries) > 15
    assert 0.3 <= advice.pixfrac <= 0.7
    assert decisive(advice) & {"weight", "knee"}
    assert not decisive(advice) & {"holes", "no dither"}


def test_scale_is_the_coarsest_that_samples_the_stars():
    """Of scales that all keep the rules, the one with two pixels per FWHM and no finer wins."""
    exposures = expose("grid-5x5", field="isolated")
    advice, _, _ = run(exposures, (0.04, 0.065, 0.128))
    reason = next(one for one in advice.reasons if one.rule == "sampling")
    assert advice.scale == 0.065
    assert "samples the stars" in reason.text
    assert any(one.scale == 0.128 for one in advice.alternatives)


def test_advice_tells_what_it_costs_and_what_it_does_not_know():
    """Alternatives carry figures of width, noise and evenness; the caveats are honest."""
    advice, _, _ = run(expose("ir-dither-box-min", field="isolated", bad=0.01), (0.065,))
    larger = next(one for one in advice.alternatives if one.pixfrac > advice.pixfrac)
    assert "widen stars by" in larger.text
    assert "raise the noise correlation by" in larger.text
    assert any("No single metric" in caveat for caveat in advice.caveats)


def test_phases_across_the_edge_are_one():
    """0.98 and 0.02 are neighbours; 0.1 apart is another phase; chips count apart."""
    _, summaries, _ = run(expose("single"), (0.128,))
    (one,) = summaries

    def at(x, y, chip=1):
        return dataclasses.replace(one, phase=(x, y), chip=chip)

    assert count_phases([at(0.98, 0.5), at(0.02, 0.5)]) == 1
    assert count_phases([at(0.0, 0.5), at(0.11, 0.5)]) == 2
    assert count_phases([at(0.0, 0.0, 1), at(0.5, 0.5, 2)]) == 1


def test_knees():
    """A bend is found where it is; a straight line and a rising one have none."""
    grid = tuple(np.round(np.arange(0.1, 1.05, 0.1), 10))

    def curve(values):
        metric = "weight.rms_over_median"
        return Prediction(kernel="square", scale=1.0, pixfracs=grid, curves={metric: values})

    bent = tuple(0.5 - p if p < 0.45 else 0.1 - 0.05 * p for p in grid)
    assert find_knee(curve(bent)) in (0.4, 0.5)
    assert find_knee(curve(tuple(1 - p for p in grid))) is None
    assert find_knee(curve(grid)) is None
    assert find_knee(None) is None


def test_rings_are_no_stars():
    """Widths far from what star, drop and pixel add up to are not taken for sharpness."""
    curve = Prediction(
        kernel="square",
        scale=0.1,
        pixfracs=(0.5,),
        curves={"psf.fwhm": (0.3,), "noise.correlation_ratio": (1.2,)},
    )

    def merit(fwhm):
        measured = (("coverage.hole_fraction", 0.0), ("weight.rms_over_median", 0.1))
        point = SweepPoint(
            core="drizzle",
            kernel="square",
            scale=0.1,
            pixfrac=0.5,
            state="done",
            measurements=tuple(
                Measurement(metric=name, value=value, unit="", region="r", sample_size=1)
                for name, value in (*measured, ("psf.fwhm", fwhm))
            ),
        )
        return weigh_up(point, curve)

    def held(*widths):
        points = [merit(width).point for width in widths]
        plan = SweepPlan(scene="s", scales=(0.1,), pixfracs=(0.5,), cores=("drizzle",))
        return hold_to_rules("drizzle", "square", make_request(plan), points, [curve])[0.1].best

    # One fit of a star makes the widths of the others those of stars; without any, none is known.
    assert held(0.32, None).fwhm is not None
    assert held(None, None).fwhm is None
    assert merit(0.32).fwhm == 0.32
    assert merit(0.27).fwhm == 0.27
    assert merit(0.52).fwhm is None
    assert merit(0.17).fwhm is None
    assert merit(None).fwhm == 0.3


@pytest.mark.parametrize(
    ("count", "lasting", "words"),
    [
        (0, 0, "No holes in the region"),
        (1, 0, "1 pixel of the region without weight"),
        (1, 1, "1 pixel of the region without weight, empty at every pixfrac,"),
        (3, 3, "3 pixels of the region without weight, all of them empty at every pixfrac,"),
        (3, 1, "3 pixels of the region without weight, 1 of them empty at every pixfrac,"),
    ],
)
def test_holes_in_words(count, lasting, words):
    """One pixel and several read well, and those that no pixfrac fills are told apart."""
    assert tell_holes(count, lasting) == words
