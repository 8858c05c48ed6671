"""A property: what must hold for every request to which it applies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.cores.request import AnyRequest, BlotRequest, DrizzleRequest
from harness.discovery.strategies.scope import Scope
from harness.discovery.subject import Subject
from harness.discovery.violation import Severity, Violation

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Judge = Callable[[Subject, Any], Violation | None]


def always(request: Any) -> bool:
    """Apply to every request that the property's scope can draw.

    Parameters
    ----------
    request : DrizzleRequest, BlotRequest or ExtensionRequest
        Not looked at.

    Returns
    -------
    bool
        True.
    """
    return True


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Property:
    """One claim about cores.

    Attributes
    ----------
    name : str
        Unique, of lower-case words and hyphens.
    family : str
        The module that it stands in: safety, truth, contract, layouts, locality,
        algebra, symmetry, blot, memory.
    statement : str
        The claim, one sentence.
    source : str
        Who makes it: documentation, paper, or what any caller may take for granted.
    tolerance : str
        What is allowed, and why.
    severity : str
        Of a wrong value; crashes and refusals have their own whatever the property.
    scope : Scope
        What requests it is tried on.
    judge : callable
        (subject, request) to a violation or None.
    applies : callable, optional
        Request to whether the claim is made for it.
    needs : frozenset of str, optional
        Features without which a core is not asked: fields of `Scope`, or "sanitizer", a build that
        watches itself.
    kinds : tuple of type, optional
        Of requests that it is about; by default those of its family.
    """

    name: str
    family: str
    statement: str
    source: str
    tolerance: str
    severity: Severity
    scope: Scope
    judge: Judge
    applies: Callable[[Any], bool] = always
    needs: frozenset[str] = frozenset()
    kinds: tuple[type, ...] = ()

    @property
    def is_blot(self) -> bool:
        """Whether it is about blot."""
        return self.family == "blot"

    def requests(self, subject: Subject) -> SearchStrategy[Any]:
        """Return the strategy for requests of the property that the subject can be asked.

        Parameters
        ----------
        subject : harness.discovery.subject.Subject
            Names what it cannot do.

        Returns
        -------
        hypothesis strategy
            Of `DrizzleRequest`, or of `BlotRequest` for a property of blot.
        """
        from harness.discovery.strategies.requests import blot_requests, drizzle_requests

        scope = self.scope.without(subject.unsupported)
        return blot_requests(scope) if self.is_blot else drizzle_requests(scope)

    def supported_by(self, subject: Subject) -> bool:
        """Tell whether the subject has what the property needs.

        Parameters
        ----------
        subject : harness.discovery.subject.Subject
            Names what it cannot do.
        """
        scope = self.scope.without(subject.unsupported)
        left = scope.interpolations if self.is_blot else scope.kernels
        return bool(left) and not self.needs & subject.unsupported

    def check(self, subject: Subject, request: AnyRequest) -> Violation | None:
        """Return how the subject violates the property on a request, or None.

        Parameters
        ----------
        subject : harness.discovery.subject.Subject
            The core under test.
        request : DrizzleRequest, BlotRequest or ExtensionRequest
            What it is asked.
        """
        kinds = self.kinds or (BlotRequest if self.is_blot else DrizzleRequest,)
        if not isinstance(request, kinds) or not self.applies(request):
            return None
        return self.judge(subject, request)


def property_maker(family: str, **defaults: Any) -> Callable[..., Property]:
    """Return the function that makes the properties of a family.

    Parameters
    ----------
    family : str
    defaults : object
        By keyword: fields that most of them share.

    Returns
    -------
    callable
        Name, statement, judge, and other fields by keyword, to `Property`.
    """

    def make(name: str, statement: str, judge: Judge, **fields: Any) -> Property:
        return Property(
            name=name, family=family, statement=statement, judge=judge, **{**defaults, **fields}
        )

    return make
