import pytest

from harness.errors import UsageError
from harness.sweep.axis import parse_axis, parse_names


def test_ranges_hold_both_ends_without_drift():
    """A range counts in decimal: 0.3 is 0.3, and 1.0 is there."""
    assert parse_axis(["0.1:1.0:0.1"], "pixfrac") == (
        0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0,
    )  # fmt: skip


def test_range_stops_at_or_before_its_end():
    """Where the steps miss the stop, the last one before it is the end."""
    assert parse_axis(["0.1:0.5:0.15"], "pixfrac") == (0.1, 0.25, 0.4)


def test_ranges_may_fall():
    """A negative step counts down."""
    assert parse_axis(["1:0.8:-0.1"], "pixfrac") == (1.0, 0.9, 0.8)


def test_lists_ranges_and_repeats_join():
    """Lists, ranges and repeated options are one axis, each value once, in order."""
    assert parse_axis(["0.8,0.5", "0.5:0.7:0.1"], "pixfrac") == (0.8, 0.5, 0.6, 0.7)


@pytest.mark.parametrize(
    "text",
    ["0.5:0.1:0.1", "0.1:0.5:0", "0.1:0.5", "0.1:0.5:0.1:2", "a", "", "nan", "0:inf:1", "1,"],
)
def test_what_is_no_axis_is_refused(text):
    """Empty ranges, ranges without end and what is no number name the option."""
    with pytest.raises(UsageError, match="--pixfrac"):
        parse_axis([text], "pixfrac")


def test_no_value_is_refused():
    """An axis without values cannot be swept."""
    with pytest.raises(UsageError, match="no value"):
        parse_axis([], "scale")


def test_long_ranges_are_refused():
    """A slip of the step does not ask for a million runs."""
    with pytest.raises(UsageError, match="at most"):
        parse_axis(["0:1:0.000001"], "pixfrac")


def test_names():
    """Names come with commas or repeated, each once."""
    assert parse_names(["square,point", "square"], "kernel") == ("square", "point")
    with pytest.raises(UsageError, match="--kernel"):
        parse_names(["square,,point"], "kernel")
