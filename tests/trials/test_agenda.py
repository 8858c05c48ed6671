"""Tests of harness.trials.agenda and harness.trials.profile: what a run checks."""

import itertools

import pytest

from harness.cores.registry import load_core
from harness.errors import FixtureError
from harness.gates.expected import ExpectedFailure
from harness.model import Capabilities
from harness.trials.agenda import draw_up_agenda, find_unmatched
from harness.trials.profile import Block, Profile, list_cases, load_profile

PIXFRACS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
SCALES = (0.5, 0.75, 1.0)
KERNELS = ("square", "point", "turbo", "gaussian")


class Poor:
    """A core that can do little."""

    name = "poor"
    version = "1"
    capabilities = Capabilities(
        kernels=frozenset({"square", "gaussian"}), flux_conserving=frozenset({"square"})
    )

    def drizzle(self, exposures, params):
        """Fail the test: nothing is run to know what is to be run."""
        raise AssertionError


@pytest.fixture(scope="module")
def quick():
    """Give the agenda of the quick profile on a poor core and on the oracle."""
    return draw_up_agenda([Poor(), load_core("oracle")], "quick", frames_dir=None, remote=False)


def test_the_standard_profile_covers_the_grid():
    """Every kernel, pixfrac and scale of the issue is a case on true WFC3/IR pixels."""
    cases = set(list_cases(load_profile("standard")))
    on_box = {(c.kernel, c.pixfrac, c.scale) for c in cases if c.source == "scene/ir-box"}
    assert set(itertools.product(KERNELS, PIXFRACS, SCALES)) <= on_box
    assert {("lanczos2", 1.0, 1.0), ("lanczos3", 1.0, 1.0)} <= on_box


def test_the_standard_profile_has_the_real_frames():
    """NIRISS over pixfrac 0.6 to 1, HRC, the cutout with its products' kernels, F140W."""
    cases = list_cases(load_profile("standard"))
    by_source = {}
    for case in cases:
        by_source.setdefault(case.source, set()).add((case.kernel, case.pixfrac))
    assert set(itertools.product(KERNELS, PIXFRACS[5:])) <= by_source["frames/niriss-hd36805"]
    assert {("square", p) for p in (0.6, 0.8, 1.0)} <= by_source["frames/hrc-47tuc"]
    assert {kernel for kernel, _ in by_source["frames/wfc3ir-cutout"]} >= {
        "square",
        "point",
        "turbo",
        "lanczos3",
    }
    assert ("square", 0.8) in by_source["frames/wfc3ir-f140w"]


def test_profiles_hold_each_other():
    """The standard profile holds the quick one, the full one both, each case once."""
    quick, standard, full = (
        list_cases(load_profile(name)) for name in ("quick", "standard", "full")
    )
    assert set(quick) < set(standard) < set(full)
    assert len({case.id for case in full}) == len(full)


def test_cases_of_one_group_stand_together():
    """What shares exposures and pixmaps runs one after the other."""
    groups = [case.group for case in list_cases(load_profile("standard"))]
    assert len(list(itertools.groupby(groups))) == len(set(groups))


def test_only_named_blocks_go_to_cores_that_read_files():
    """A pipeline costs seconds a case, so that a block must ask for it."""
    slow = Block(purpose="a", sources=("scene/ir-box",), pipelines=True, pixfracs=(0.5,))
    fast = Block(purpose="b", sources=("scene/ir-box",), pixfracs=(0.5, 0.7))
    profile = Profile(description="", block=(slow, fast))
    assert [case.pixfrac for case in list_cases(profile, reads_files=True)] == [0.5]
    assert [case.pixfrac for case in list_cases(profile)] == [0.5, 0.7]


def test_an_unknown_profile_is_told():
    """The message names those that exist."""
    with pytest.raises(FixtureError, match=r"no 'huge' in profiles.*full, quick, standard"):
        load_profile("huge")


def test_the_cores_of_a_case_stand_together(quick):
    """The truth of a case is made once for all of them."""
    cases = [check.case.id for check in quick.checks]
    assert len(list(itertools.groupby(cases))) == len(set(cases))


def test_what_a_core_cannot_do_is_told(quick):
    """A missing kernel, image or conservation is excluded with its reason, never just left out."""
    told = {(c.core.name, c.specification.name): c.reason for c in quick.excluded}
    assert told["poor", "integrity.dq"] == "poor makes no dq image"
    reasons = {check.reason for check in quick.excluded if check.core.name == "poor"}
    assert "poor has no turbo kernel" in reasons
    assert "the gaussian kernel of poor does not conserve flux" in reasons
    done = {(c.core.name, c.case.id, c.specification.name) for c in quick.checks}
    left = {(c.core.name, c.case.id, c.specification.name) for c in quick.excluded}
    assert not done & left
    by_oracle = {(case, name) for core, case, name in done | left if core == "oracle"}
    assert {(case, name) for core, case, name in done | left if core == "poor"} == by_oracle


def test_frames_that_are_not_here_are_named(tmp_path, monkeypatch):
    """Without folder, package and network a set is left out, and named; with the network not."""
    monkeypatch.delenv("DRIZZLE_HARNESS_FRAMES", raising=False)
    monkeypatch.setenv("DRIZZLE_HARNESS_CACHE", str(tmp_path))
    here = draw_up_agenda([Poor()], "quick", frames_dir=None, remote=False)
    assert "frames/niriss-hd36805" in here.absent
    assert not [c for c in here.checks if c.case.source in here.absent]
    everywhere = draw_up_agenda([Poor()], "quick", frames_dir=None, remote=True)
    assert everywhere.absent == ()
    assert [c for c in everywhere.checks if c.case.source == "frames/niriss-hd36805"]


def entry(**fields):
    """Return an expected failure of the poor core."""
    plain = {"core": "poor", "case": "scene/ir-box-*", "specification": "psf.*", "reason": "x"}
    return ExpectedFailure(**(plain | fields))


@pytest.mark.parametrize(
    ("fields", "matched"),
    [
        ({}, True),
        ({"case": "scene/nowhere-*"}, False),
        ({"specification": "psf.nothing"}, False),
        # Excluded by a capability, so that it never comes to a verdict.
        ({"specification": "integrity.dq"}, False),
        ({"case": "scene/ir-box-turbo-*"}, False),
        ({"core": "rich", "case": "scene/nowhere-*"}, True),
        ({"core_versions": ">=2", "case": "scene/nowhere-*"}, True),
        ({"case": "mine", "specification": "odd"}, True),
    ],
)
def test_entries_must_match_a_check_of_their_core(fields, matched):
    """An entry to which nothing answers is told; those of other cores and versions are not."""
    found = find_unmatched([entry(**fields)], [Poor()], [("poor", "mine", "odd")])
    assert (found == ()) is matched
