"""The search: every property in turn, behind what is known already."""

from __future__ import annotations

import functools
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.cores.request import Request
from harness.discovery.conclude import conclude
from harness.discovery.corpus import load_findings, remove_finding, save_finding
from harness.discovery.features import essential_features
from harness.discovery.finding import Finding, kind_class
from harness.discovery.pending import save_pending, take_pending
from harness.discovery.profiles import profile
from harness.discovery.property import Property
from harness.discovery.simplify import size_of
from harness.discovery.subject import Subject
from harness.discovery.violation import Violation

SLICE = 15.0
"""Seconds for a property before it is the next one's turn."""
SHRINK = 15.0
"""Seconds to shrink one finding; what is found is stored before."""

MOST_ALIKE = 4
"""Findings of one property that fail in one way: further ones are rarely of another cause."""

Tell = Callable[[str], None]


class SliceOver(BaseException):
    """Ends hypothesis's loop; no Exception, for those it takes for failures to shrink."""


class Shrinkable(Exception):  # noqa: N818 - no error, a signal
    """Tells hypothesis that an example is worth shrinking."""


class Search:
    """Looks for violations and keeps them as findings.

    Parameters
    ----------
    subject : harness.discovery.subject.Subject
    properties : sequence of Property
        Those that the subject does not support are left out.
    out : Path
        Folder of findings, one folder each, and of the examples that hypothesis keeps.
    known : sequence of Finding
        Set aside from the beginning, beside those in `out`.
    versions : dict
        Of the core and of numpy, for the record.
    seed : int
    slice_seconds, shrink_seconds : float
        For a property before it is the next one's turn; for the shrinking of one finding.
    tell : callable
        Gets a line for what is worth telling.

    Attributes
    ----------
    examples, findings, errors :
        How many were tried, what was found, what in the harness itself went wrong.
    """

    def __init__(
        self,
        subject: Subject,
        properties: Sequence[Property],
        *,
        out: Path,
        known: Sequence[Finding] = (),
        versions: dict[str, str] | None = None,
        seed: int = 0,
        slice_seconds: float = SLICE,
        shrink_seconds: float = SHRINK,
        tell: Tell = print,
    ) -> None:
        self.subject = subject
        self.properties = [one for one in properties if one.supported_by(subject)]
        self.out = out
        self._shipped = list(known)
        self._versions = dict(versions or {})
        self._seed = seed
        self._slice = slice_seconds
        self._shrink = shrink_seconds
        self._tell = tell
        self.examples = 0
        self.findings: list[Finding] = []
        self.errors: list[str] = []
        self.per_property: Counter[str] = Counter()
        self._known: list[Finding] = []
        self._start = time.monotonic()

    def run(self, seconds: float) -> list[Finding]:
        """Search for so long and return the new findings.

        Parameters
        ----------
        seconds : float
            When it stops; a property that is being tried is cut short.

        Returns
        -------
        list of Finding
            Also kept in the folder of the search.

        Raises
        ------
        FixtureError
            If the folder of the search holds a finding that cannot be read.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        self._start = time.monotonic()
        end = self._start + seconds
        self._take_up()
        turn = 0
        while time.monotonic() < end and self.properties:
            for one in self.properties:
                left = end - time.monotonic()
                if left <= 0:
                    break
                self._known = [*self._shipped, *load_findings(self.out, core=self.subject.name)]
                self._search(one, min(self._slice, left), self._seed + turn)
                turn += 1
        return self.findings

    def _take_up(self) -> None:
        """Finish what an earlier search in this folder found and could not finish."""
        named = {one.name: one for one in self.properties}
        self._known = [*self._shipped, *load_findings(self.out, core=self.subject.name)]
        for name, request in take_pending(self.out, self.subject.name):
            one = named.get(name)
            violation = None if one is None else self._check(one, request)
            if one is None or violation is None or self._is_known(name, violation, request):
                continue
            passed = time.monotonic() - self._start
            finding = self._finish(one, violation, request, passed, self.examples)
            if finding is not None:
                self._keep(finding)

    def _keep(self, finding: Finding) -> None:
        """Store a finding, and tell of it."""
        save_finding(self.out, finding)
        self._set_aside(finding)
        self.findings.append(finding)
        self._known.append(finding)
        self._tell(f"{finding.severity}: {finding.signature}\n    {finding.message}")

    def _search(self, one: Property, seconds: float, seed: int) -> None:
        """Give one property its slice; after a finding it goes on behind it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            best = self._look(one, end, seed)
            if best is None:
                return
            finding = self._finish(one, *best)
            if finding is None:
                # A wavering violation: the next slice may catch it again.
                return
            self._keep(finding)
            seed += 1

    def _set_aside(self, finding: Finding) -> None:
        """Remove earlier findings of this run that a simpler one explains."""
        for earlier in [one for one in self.findings if finding.covers(one)]:
            remove_finding(self.out, earlier)
            self.findings.remove(earlier)
            self._known = [one for one in self._known if one is not earlier]
            self._tell(f"explained by a simpler one: {earlier.signature}")

    def _look(
        self, one: Property, end: float, seed: int
    ) -> tuple[Violation, Request, float, int] | None:
        """Return the smallest violation of a new kind that hypothesis comes to, if any."""
        from hypothesis import given
        from hypothesis import seed as seeded
        from hypothesis.errors import HypothesisException

        best: list[Any] = []
        needs: frozenset[str] = frozenset()

        def look(request: Request) -> None:
            nonlocal end, needs
            if time.monotonic() > end:
                raise SliceOver
            self.examples += 1
            self.per_property[one.name] += 1
            violation = self._check(one, request)
            if violation is None or self._is_known(one.name, violation, request):
                return
            if best and kind_class(violation.kind) != kind_class(best[0].kind):
                return
            if best and not essential_features(request) <= needs:
                # Another cause, perhaps; what is kept at the end must explain the first sight.
                return
            if not best:
                # Shrinking may take longer than what is left of the slice.
                end = time.monotonic() + self._shrink
                save_pending(self.out, self.subject.name, one.name, request)
                needs = essential_features(request)
                best[:] = [violation, request, time.monotonic() - self._start, self.examples]
            elif size_of(request) < size_of(best[1]):
                best[:2] = [violation, request]
            raise Shrinkable(one.name)

        # The example database tells tests apart by this key, not by the property.
        test: Any = given(one.requests(self.subject))(look)
        test = seeded(seed)(profile("discover", self.out / ".examples")(test))
        test._hypothesis_internal_database_key = f"{self.subject.name}:{one.name}".encode()
        try:
            with warnings.catch_warnings():
                # Numbers that overflow on purpose, and hypothesis's advice on strategies.
                warnings.simplefilter("ignore")
                test()
        except (Shrinkable, SliceOver, HypothesisException):
            pass
        except ExceptionGroup as group:
            if group.subgroup(Shrinkable) is None:
                self._note(one, group)
        except Exception as error:
            # A strategy that cannot draw, or a finding that cannot be written.
            self._note(one, error)
        return (best[0], best[1], best[2], best[3]) if best else None

    def _check(self, one: Property, request: Request) -> Violation | None:
        try:
            return one.check(self.subject, request)
        except Exception as error:
            self._note(one, error)
            return None

    def _note(self, one: Property, error: Exception) -> None:
        """Survive a mistake of the harness; the run tells of it, and at its end again."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        first = str(error).partition("\n")[0]
        text = f"{one.name}: {type(error).__name__}: {first} ({place.name}:{place.lineno})"
        if text not in self.errors:
            self.errors.append(text)
            self._tell(f"error in the harness: {text}")

    def _is_known(self, name: str, violation: Violation, request: Request) -> bool:
        if any(finding.explains(name, violation, request) for finding in self._known):
            return True
        group = kind_class(violation.kind)
        alike = [one for one in self._known if one.claim == name and kind_class(one.kind) == group]
        return len(alike) >= MOST_ALIKE

    def _finish(
        self, one: Property, violation: Violation, request: Request, seconds: float, examples: int
    ) -> Finding | None:
        finding = conclude(
            one,
            self.subject,
            violation,
            request,
            functools.partial(self._check, one),
            patience=self._shrink,
        )
        if finding is None:
            return None
        return replace(
            finding, versions=self._versions, seconds=round(seconds, 1), examples=examples
        )
