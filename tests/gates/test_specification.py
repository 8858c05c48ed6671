"""Specifications and metrics as data: what is read, and what is refused with which words."""

import dataclasses

import pytest

from harness.errors import FixtureError, SpecificationError
from harness.gates.load import load_specifications
from harness.gates.metric import load_metrics
from harness.gates.specification import Within

METRICS = """
[[metric]]
name = "coverage.hole_fraction"
unit = ""
definition = "Pixels of zero weight over all pixels."
reference = "DrizzlePac Handbook"
version = 1
"""

SPECIFICATION = """
[[specification]]
name = "holes"
metric = "coverage.hole_fraction"
level = "design"
tolerance = "HOLES"
reason = "Geometry decides."
meaning = "Pixels are empty."
remedy = "Look at the kernel."
limit = { within = { absolute = 1e-4 } }
"""


@pytest.fixture
def folder(tmp_path):
    """Return a folder with one metric and one specification."""
    (tmp_path / "metrics.toml").write_text(METRICS)
    (tmp_path / "coverage.toml").write_text(SPECIFICATION)
    return tmp_path


def refused(folder, old, new):
    """Replace text in the specification and return the message with which it is refused."""
    path = folder / "coverage.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(SpecificationError) as caught:
        load_specifications(folder)
    message = str(caught.value)
    assert str(path) in message
    assert "'holes'" in message
    return message


def test_load_reads_every_field(folder):
    """A specification carries its metric, limit, reason and file."""
    (read,) = load_specifications(folder)
    assert read.metric == "coverage.hole_fraction"
    assert read.limit.within == Within(absolute=1e-4)
    assert read.source == str(folder / "coverage.toml")
    assert read.applies_to.kernels == ()


def test_specification_is_frozen(folder):
    """Nobody changes a limit in passing."""
    (read,) = load_specifications(folder)
    with pytest.raises(dataclasses.FrozenInstanceError):
        read.level = "minimum"


def test_unknown_metric_is_refused(folder):
    """A specification of a metric that nobody defines names the metrics that exist."""
    message = refused(folder, "coverage.hole_fraction", "coverage.hole_fracton")
    assert "'coverage.hole_fracton'" in message
    assert "Allowed: coverage.hole_fraction" in message


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("{ min = 2.0, max = 1.0 }", "min 2 above max 1"),
        ("{ max = nan }", "not a number"),
        ("{}", r"kinds []"),
        ("{ advisory = true }", r"kinds []"),
        ("{ max = 1.0, equal = 1 }", "['max', 'equal']"),
        ("{ min = 1.0, within = { sigmas = 1 } }", "['min', 'within']"),
        ("{ within = {} }", "without a width"),
        ("{ within = { absolute = -1.0 } }", "[-1.0]"),
        ("{ within = { relative = inf } }", "[inf]"),
    ],
)
def test_contradictory_limit_is_refused(folder, limit, said):
    """A limit that contradicts itself or allows everything is an error, not a wide tolerance."""
    assert said in refused(folder, "{ within = { absolute = 1e-4 } }", limit)


@pytest.mark.parametrize(
    ("applies", "said"),
    [
        ('kernels = ["squre"]', "['squre']"),
        ('weightings = ["IVAR"]', "['IVAR']"),
        ('pixels = ["fake"]', "['fake']"),
        ('needs = ["ctx"]', "context, dq, variance"),
        ("pixfrac = [0.8, 0.1]", "pixfrac [0.8, 0.1]"),
        ('tags = ["a"]\nwithout_tags = ["a"]', "the tags ['a']"),
    ],
)
def test_unknown_applicability_is_refused(folder, applies, said):
    """A specification that applies to what does not exist would never be judged."""
    addition = f'Look at the kernel."\n[specification.applies_to]\n{applies}\n'
    addition += "[specification.limit]\nmax = 1.0\n"
    path = folder / "coverage.toml"
    path.write_text(path.read_text().replace("limit = { within = { absolute = 1e-4 } }\n", ""))
    assert said in refused(folder, 'Look at the kernel."\n', addition)


def test_empty_reason_is_refused(folder):
    """A tolerance without a reason is not a tolerance."""
    assert "empty reason" in refused(folder, "Geometry decides.", " ")


def test_stretch_that_fails_is_refused(folder):
    """A stretch level is a goal and may not fail a core."""
    assert "advisory = true" in refused(folder, '"design"', '"stretch"')


def test_same_name_twice_is_refused(folder):
    """Two specifications of one name would shadow each other in expected failures."""
    (folder / "again.toml").write_text(SPECIFICATION)
    with pytest.raises(SpecificationError, match=r"is also in .*again.toml"):
        load_specifications(folder)


def test_unknown_key_is_refused(folder):
    """A misspelt key is an error that names file and key."""
    path = folder / "coverage.toml"
    path.write_text(path.read_text().replace("tolerance =", "tolerence ="))
    with pytest.raises(FixtureError, match=r"toler[ae]nce") as caught:
        load_specifications(folder)
    assert str(path) in str(caught.value)


def test_folder_without_specifications_is_refused(tmp_path):
    """An empty folder would judge nothing and pass."""
    (tmp_path / "metrics.toml").write_text(METRICS)
    with pytest.raises(SpecificationError, match="holds no specification"):
        load_specifications(tmp_path)


def test_metric_defined_twice_is_refused(tmp_path):
    """Two definitions of one number are one too many."""
    path = tmp_path / "metrics.toml"
    path.write_text(METRICS * 2)
    with pytest.raises(SpecificationError, match=r"'coverage.hole_fraction'.*twice"):
        load_metrics(path)


def test_metric_without_definition_is_refused(tmp_path):
    """A name alone says nothing."""
    path = tmp_path / "metrics.toml"
    path.write_text(METRICS.replace("Pixels of zero weight over all pixels.", ""))
    with pytest.raises(SpecificationError, match="no name or no definition"):
        load_metrics(path)
