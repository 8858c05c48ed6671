"""`drizzle-harness faults` prints the matrix and says by its exit code whether it is sound."""

import json

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.faults.core import FAULTS


@pytest.fixture
def run():
    """Run the command."""
    return lambda *args: CliRunner().invoke(main, ["faults", *args])


def test_faults_are_listed(run):
    """The list names every fault, what it does and what finds it."""
    told = run("--list")
    assert told.exit_code == 0
    for name, fault in FAULTS.items():
        assert f"{name}: {fault.statement}\n    found by" in told.output


def test_the_matrix_is_printed_and_kept(run, tmp_path):
    """A fault that is found gives a row with its mark, in the terminal, in JSON, in Markdown."""
    record, page = tmp_path / "deep" / "faults.json", tmp_path / "faults.md"
    told = run(
        "--core",
        "oracle",
        "--fault",
        "fill-wrong",
        "--record",
        str(record),
        "--markdown",
        str(page),
    )
    assert told.exit_code == 0, told.output
    (row,) = [line for line in told.output.splitlines() if "fill-wrong" in line]
    assert "CAUGHT" in row
    assert row.count("●") == 1
    (matrix,) = json.loads(record.read_text())
    assert (matrix["core"], matrix["sound"]) == ("oracle", True)
    assert "| `fill-wrong` | CAUGHT |" in page.read_text()


def test_a_core_that_fails_by_itself_gives_exit_code_1(run):
    """What is red without any fault is printed with its message."""
    told = run("--core", "fault:fill-wrong:oracle", "--fault", "flux-lost")
    assert told.exit_code == 1
    assert "without any fault integrity.fill is red" in told.output


@pytest.mark.parametrize(
    "args", [("--fault", "nonesuch", "--list"), ("--core", "nonesuch", "--fault", "parity")]
)
def test_a_wrong_name_is_a_usage_error(run, args):
    """Unknown faults and cores end with exit code 2 and the names that exist."""
    told = run(*args)
    assert told.exit_code == 2
    assert "Allowed:" in told.output
