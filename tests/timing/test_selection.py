"""Tests of harness.timing.selection."""

from collections.abc import Iterator

import pytest

from harness.cores.oracle import OracleCore
from harness.errors import CoreError, UsageError
from harness.timing import selection
from harness.timing.selection import pair_up, select_cores
from harness.timing.workload import Workload


class PlainCore:
    """A core in memory that has the square kernel and no other image."""

    name = "plain"
    version = "1"
    capabilities = {"kernels": {"square"}, "flux_conserving": {"square"}}  # noqa: RUF012

    def drizzle(self, exposures: object, params: object) -> object:
        """Make nothing."""
        raise NotImplementedError


class FileCore(PlainCore):
    """A core that reads files."""

    name = "files"
    capabilities = PlainCore.capabilities | {"files": True}


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """Register four cores, one of which cannot be imported."""
    cores: dict[str, object] = {
        "broken": CoreError("cannot be imported", where="core broken"),
        "files": FileCore(),
        "oracle": OracleCore(),
        "plain": PlainCore(),
    }

    def load(name: str) -> object:
        made = cores[name]
        if isinstance(made, Exception):
            raise made
        return made

    monkeypatch.setattr(selection, "list_cores", lambda: tuple(cores))
    monkeypatch.setattr(selection, "load_core", load)
    select_cores.cache_clear()
    yield cores
    select_cores.cache_clear()


def test_by_default_the_cores_in_memory(registered: dict[str, object]) -> None:
    """What reads files, what cannot be imported, and the oracle stay out."""
    assert select_cores() == (registered["plain"],)


def test_named_cores_are_taken_as_they_are(registered: dict[str, object]) -> None:
    """The oracle may be timed like any core, and a name counts once."""
    assert select_cores(("oracle", "files", "oracle")) == (
        registered["oracle"],
        registered["files"],
    )


def test_a_named_core_that_cannot_be_loaded_is_an_error() -> None:
    """Nobody who asked for a core gets a run without it."""
    with pytest.raises(CoreError, match="core broken"):
        select_cores(("plain", "broken"))


def test_no_core_at_all_is_an_error(registered: dict[str, object]) -> None:
    """A run without a core would time nothing and look green."""
    del registered["plain"]
    with pytest.raises(UsageError, match=r"cannot be imported.*Install drizzle"):
        select_cores()


def test_cores_get_what_they_can_do() -> None:
    """Kernels, variance and DQ that a core lacks are not asked of it, nor memory of file cores."""
    workloads = (Workload(), Workload(kernel="turbo"), Workload(planes=True))
    plain, oracle = PlainCore(), OracleCore()
    pairs = pair_up((plain, FileCore(), oracle), workloads)
    assert pairs == [
        (plain, workloads[0]),
        (oracle, workloads[0]),
        (oracle, workloads[1]),
        (oracle, workloads[2]),
    ]
