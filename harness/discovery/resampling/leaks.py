"""What calls leave behind: heap, Python objects, references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from harness.cores.request import ExtensionRequest, Reply
from harness.discovery.resampling.check import Check
from harness.discovery.subject import Subject

BYTES = 16.0
"""Bytes of the C heap that a call may leave behind, on the average: half of the smallest piece that
glibc gives away. Pieces that are larger than what was asked for, by chance, make up to 12."""
BLOCKS = 0.5
"""Python blocks, and references to an argument, likewise."""
REPEAT = 72
"""Calls: eight in which caches fill, and sixteen for each of the windows that are looked at."""
REFUSED = "No call that is refused leaves memory or references behind."
"""Statement of a check all of whose calls are refused."""
EITHER = "No call leaves memory or references behind, whether it succeeds or not."
"""Statement of a check some of whose calls are refused."""
CALLED_BACK = 5.0
"""Python blocks where a core calls Python code some dozen times a call, whose caches fill slowly:
less than one for each of these."""


def leak_check(
    name: str,
    requests: Mapping[str, ExtensionRequest],
    *,
    repeat: int = REPEAT,
    statement: str = "No call leaves memory or references behind.",
    deadly: Literal["", "at once", "by chance"] = "",
) -> Check:
    """Return the check that calls, made again and again, leave nothing behind.

    Parameters
    ----------
    name : str
    requests : mapping of str to ExtensionRequest
    repeat : int, optional
        How often each call is made.
    statement : str, optional
        What must hold.
    deadly : str, optional
        As for `Check`.
    """
    return Check(
        name=name,
        statement=statement,
        requests={key: replace(request, repeat=repeat) for key, request in requests.items()},
        judge=leaks_nothing,
        summary=leak_figures,
        truth=lambda request: None,
        deadly=deadly,
    )


def leaks_nothing(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
    """Look at what a call leaves behind, where the system can tell."""
    if reply.outcome not in ("returned", "raised"):
        return f"{reply.outcome} {reply.error}"
    growth = reply.attributes.get("growth", {})
    if growth.get("bytes", 0.0) >= BYTES:
        return f"each call leaves {growth['bytes']:.0f} bytes of the heap behind"
    if growth.get("blocks", 0.0) >= (CALLED_BACK if _calls_back(request) else BLOCKS):
        return f"each call leaves {growth['blocks']:.1f} Python objects behind"
    for name, change in reply.attributes.get("references", {}).items():
        if abs(change) >= BLOCKS:
            return f"each call changes the number of references to {name} by {change:+.1f}"
    return ""


def _calls_back(request: Any) -> bool:
    return any(name == "mapping" for name, _ in request.arguments)


def leak_figures(request: Any, reply: Reply) -> tuple[float, ...]:
    """Return what a call leaves behind, in whole objects, and in whole bytes where it leaks."""
    growth = reply.attributes.get("growth", {})
    changes = reply.attributes.get("references", {}).values()
    leaked = growth.get("bytes", 0.0)
    return (
        float(round(leaked / 16) * 16 if leaked >= BYTES else 0),
        float(round(growth.get("blocks", 0.0))),
        *(float(round(change)) for change in changes),
    )
