"""What a property found wrong, as data that a script can be written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from harness.cores.request import AnyRequest, Reply

AnyArray = npt.NDArray[Any]

RUNAWAY = 256 << 20
"""Bytes; an array that is too large is refused before it takes any, a loop takes all there is."""

Severity = Literal["crash or memory", "silent wrong result", "refused validity", "documentation"]
SEVERITIES: tuple[Severity, ...] = (
    "crash or memory",
    "silent wrong result",
    "refused validity",
    "documentation",
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Violation:
    """One request for which a property does not hold.

    Attributes
    ----------
    kind : str
        How, in a few normalised words: "died SIGSEGV", "raised TypeError", "wht differs",
        "input modified: data". Findings of one kind may have one cause.
    message : str
        One sentence with figures.
    request : Request
        The call that shows it: that of the example, or the variant that went wrong.
    expected, actual : str
        For people.
    field : str
        "sci", "wht", "ctx", "dq", "variance[0]" or "returned", where a value is wrong; "" else.
    index : tuple of int
        Where in `field`.
    value : float or int or None
        What should be there.
    tolerance : float
        `|difference|` that would have been accepted.
    """

    kind: str
    message: str
    request: AnyRequest
    expected: str
    actual: str
    field: str = ""
    index: tuple[int, ...] = ()
    value: float | int | None = None
    tolerance: float = 0.0


def failed(reply: Reply, request: AnyRequest, *, refusal: bool = True) -> Violation | None:
    """Return the violation that a reply without a result is, if it is one.

    Parameters
    ----------
    reply : Reply
    request : Request
    refusal : bool, optional
        Whether an exception is a violation, as it is for a valid request.
    """
    if reply.outcome in ("returned", "unsupported"):
        return None
    if not refusal and (reply.outcome == "raised" or _is_refused_allocation(reply)):
        return None
    kind = {
        "died": f"died {reply.error}",
        "timed_out": "timed out",
        "out_of_memory": "out of memory",
        "raised": f"raised {reply.error}",
    }[reply.outcome]
    return Violation(
        kind=kind,
        message=f"the call {kind}: {_first_words(reply.message)}".rstrip(": "),
        request=request,
        expected="a result" if refusal else "a result or an exception",
        actual=f"{kind}: {_first_words(reply.message)}".rstrip(": "),
    )


def _first_words(text: str) -> str:
    """Return the first line of what was said, or of what a process wrote as it died."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:300] if lines else ""


def _is_refused_allocation(reply: Reply) -> bool:
    """Tell whether a MemoryError came at once, before memory was taken."""
    return reply.error == "MemoryError" and (reply.peak_growth or 0) < RUNAWAY


def compare(
    field: str,
    actual: AnyArray,
    expected: AnyArray,
    tolerance: float | AnyArray,
    request: AnyRequest,
    *,
    where: AnyArray | None = None,
    why: str = "",
) -> Violation | None:
    """Return the violation that the worst pixel of a difference is, if there is one.

    NaN equals NaN, and infinities of the same sign equal each other.

    Parameters
    ----------
    field : str
        As in `Violation`.
    actual, expected : ndarray of any shape
        Both of one.
    tolerance : float, or ndarray of the same shape
        `|difference|` that is accepted.
    request : Request
    where : ndarray of the same shape, bool, optional
        Which pixels count.
    why : str, optional
        What the expectation rests on, to end the message with.
    """
    if actual.shape != expected.shape:
        return Violation(
            kind=f"{field} shape",
            message=f"{field} has shape {actual.shape} instead of {expected.shape}{why}",
            request=request,
            expected=str(expected.shape),
            actual=str(actual.shape),
        )
    got, wanted = actual.astype(np.float64), expected.astype(np.float64)
    with np.errstate(all="ignore"):
        gap = np.abs(got - wanted)
    same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    gap = np.where(same, 0.0, np.where(np.isnan(gap), np.inf, gap))
    limit = np.broadcast_to(np.asarray(tolerance, dtype=np.float64), gap.shape)
    wrong = gap > limit
    if where is not None:
        wrong &= where
    if not wrong.any():
        return None
    excess = np.where(wrong, gap - limit, -1.0)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(excess)), gap.shape))
    one, other = float(got[index]), float(wanted[index])
    return Violation(
        kind=f"{field} {_manner(one, other)}",
        message=f"{field}{list(index)} is {one:.9g} instead of {other:.9g}{why}",
        request=request,
        expected=f"{other!r} within {float(limit[index]):.3g}",
        actual=repr(one),
        field=field,
        index=index,
        value=other,
        tolerance=float(limit[index]),
    )


def _manner(actual: float, expected: float) -> str:
    if np.isnan(actual):
        return "is NaN"
    if np.isinf(actual):
        return "is infinite"
    if np.isnan(expected):
        return "is not NaN"
    if expected == 0:
        return "is not zero"
    return "is zero" if actual == 0 else "differs"
