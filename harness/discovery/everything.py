"""Every request that there is, for runs in which the process itself is watched."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.cores.request import AnyRequest
from harness.discovery.subject import Subject

Perform = Callable[[str, AnyRequest], None]
WATCHED = ("no-crash", "accepted", "blot-no-crash", "blot-accepted")
"""Properties whose requests reach furthest: anything at all, and all that is valid."""


def fixed_requests(core: str) -> Iterator[tuple[str, AnyRequest]]:
    """Yield the requests of the checks of resampling, and of the corpus of a core, by name."""
    from harness.discovery.corpus import cases_dir, load_findings
    from harness.discovery.resampling.catalogue import catalogue

    checks = catalogue()
    for name in checks.names:
        for which, request in checks[name].requests.items():
            yield f"check {name}, {which}", request
    for finding in load_findings(cases_dir()):
        if finding.core == core:
            yield f"case {finding.slug}", finding.call


def draw_requests(subject: Subject, count: int, perform: Perform) -> None:
    """Draw requests of the properties that reach furthest, always the same ones.

    Parameters
    ----------
    subject : Subject
        What it lacks is not drawn.
    count : int
        For each property.
    perform : callable
        Gets name and request.
    """
    import warnings

    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.errors import HypothesisWarning

    from harness.discovery.registry import properties

    chosen = settings(
        max_examples=count, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    for name in WATCHED:
        one = properties()[name]
        if not one.supported_by(subject):
            continue

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HypothesisWarning)
            chosen(given(one.requests(subject))(_naming(f"property {name}", perform)))()


def _naming(name: str, perform: Perform) -> Callable[[AnyRequest], None]:
    def perform_one(request: AnyRequest) -> None:
        perform(name, request)

    return perform_one
