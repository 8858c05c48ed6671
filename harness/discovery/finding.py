"""A finding: a violation shrunk to what it needs, and what other violations it explains."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from harness.cores.request import AnyRequest, BlotRequest, ExtensionRequest, Request
from harness.discovery.features import essential_features
from harness.discovery.strategies.scope import INTERPOLATIONS
from harness.discovery.violation import Severity, Violation
from harness.model import KERNELS

PROCESS_KINDS = ("died", "timed", "out")
DOWNSTREAM = ("sci", "ctx", "dq", "variance", "sum")
"""What is wrong wherever the weight is."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Finding:
    """One defect as far as the search can tell it from others.

    Attributes
    ----------
    core : str
    claim : str
        Name of the property.
    statement : str
        Of the property.
    kind : str
        Of the violation; see `Violation`.
    message : str
    severity : str
    request : AnyRequest
        The example for which the property's check gives the violation.
    call : AnyRequest
        The call to the core that went wrong: `request`, or a variant of it.
    expected, actual, output, index, value, tolerance :
        As in `Violation`, whose `field` is `output` here.
    features : frozenset of str
        Of the shrunk request: what the violation needs.
    kernels : tuple of str
        Kernels, or interpolations, with which the same request shows it.
    versions : mapping
        Core and numpy with which it was seen.
    seconds : float
        From the start of the search, or of the property's part of it, to the first sight.
    examples : int
        Tried until then.
    judgement : mapping
        What a person said of it: "verdict", "cause", "upstream"; empty until then.
    date : str
        ISO date.
    """

    core: str
    claim: str
    statement: str
    kind: str
    message: str
    severity: Severity
    request: AnyRequest
    call: AnyRequest
    expected: str
    actual: str
    output: str = ""
    index: tuple[int, ...] = ()
    value: float | int | None = None
    tolerance: float = 0.0
    features: frozenset[str] = frozenset()
    kernels: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    examples: int = 0
    judgement: dict[str, Any] = field(default_factory=dict)
    date: str = ""

    @property
    def signature(self) -> str:
        """The property, how it fails, and what that needs."""
        needs = " ".join(sorted(self.features)) or "nothing remarkable"
        return f"{self.claim}: {self.kind} ({', '.join(self.kernels)}; {needs})"

    @property
    def slug(self) -> str:
        """Name of the folder: core, property, kind, and five digits of the signature."""
        digits = hashlib.sha256(self.signature.encode()).hexdigest()[:5]
        return f"{_words(self.core)}-{self.claim}-{_words(self.kind.lower())}-{digits}"

    def explains(self, name: str, violation: Violation, request: Request) -> bool:
        """Tell whether another violation needs no other cause than this one.

        So it is if it is of the same kind, was seen with a kernel of this finding, and its
        request has all features that this one needs. A finding that needs nothing explains only
        its own property. A wrong weight also explains wrong science, context, variance, DQ.

        Parameters
        ----------
        name : str
            Property that is violated.
        violation : Violation
            What was seen.
        request : DrizzleRequest, BlotRequest or ExtensionRequest
            On what.
        """
        return self._explains(name, violation.kind, request)

    def covers(self, other: Finding) -> bool:
        """Tell whether another finding needs no other cause than this one; see `explains`.

        Parameters
        ----------
        other : Finding
            Of any core.
        """
        return (
            self.core == other.core
            and self.slug != other.slug
            and self._explains(other.claim, other.kind, other.request)
        )

    def _explains(self, name: str, kind: str, request: AnyRequest) -> bool:
        kernel = kernel_of(request)
        if kernel in (*KERNELS, *INTERPOLATIONS) and kernel not in self.kernels:
            return False
        if not self.features and name != self.claim:
            return False
        if not self.features <= essential_features(request):
            return False
        own, other = kind_class(self.kind), kind_class(kind)
        if own == other:
            return True
        return own == ("wht", "") and other[0] in DOWNSTREAM


def _words(text: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in text).strip("-")


def kind_class(kind: str) -> tuple[str, str]:
    """Return what a kind is about, and whether NaN is what is wrong: the grain of causes.

    Parameters
    ----------
    kind : str
        As in `Violation`.
    """
    words = kind.split()
    if words[0] in PROCESS_KINDS:
        # Where memory is overwritten, chance decides by which signal the process ends.
        return ("process", "")
    subject = words[0].split("[")[0]
    if subject in ("wht", "sum", *DOWNSTREAM) and words[1:] != ["shape"]:
        group = "wht" if kind.startswith("sum of wht") and "sci" not in kind else subject
        return (group, "nan" if kind.endswith("is NaN") else "")
    return (kind, "")


def kernel_of(request: AnyRequest) -> str:
    """Return the kernel of a drizzle request, or the interpolation of a blot.

    Parameters
    ----------
    request : DrizzleRequest, BlotRequest or ExtensionRequest
        Of any kind.
    """
    if isinstance(request, ExtensionRequest):
        named = dict(request.arguments)
        return str(named.get("interp") or named.get("kernel") or request.function)
    return request.interp if isinstance(request, BlotRequest) else request.kernel
