"""Probes on both sides: what differs, where, and the smallest request that shows it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from harness.cores.request import DrizzleRequest, Reply, Request
from harness.discovery.simplify import simplify
from harness.upgrade.arrays import make_map
from harness.upgrade.check import Check, State
from harness.upgrade.literal import tell_request
from harness.upgrade.look import Pair, Seen, look
from harness.upgrade.probes import Probe
from harness.upgrade.remarks import count_checks, note_warnings, warning_checks

SIMPLIFY_LIMIT = 3.0
"""Seconds to look for the smallest request that shows a difference."""
SIMPLIFIED = 6
"""Differences whose smallest request is looked for; further ones of a run are mostly the same."""


def compare_probes(pair: Pair, probes: Iterable[Probe]) -> list[Check]:
    """Perform probes on both sides and compare; warnings are told once each, not once a probe."""
    checks: list[Check] = []
    said: dict[str, list[str]] = {}
    unsaid: dict[str, list[str]] = {}
    reworded: dict[str, list[str]] = {}
    counted: list[tuple[Probe, tuple[Reply, Reply]]] = []
    simplified: set[tuple[State, str, str]] = set()
    for probe in probes:
        seen = look(pair, probe.request)
        smallest = ""
        # Probes of one kernel that differ in one image mostly differ by one cause.
        group = (seen.state, seen.metric, probe.name.split("-")[0].split("/")[0])
        if seen.state in (State.CHANGED, State.REGRESSED, State.FIXED):
            if len(simplified) < SIMPLIFIED and group not in simplified:
                simplified.add(group)
                smallest = tell_request(_smallest(pair, probe.request, seen))
            else:
                smallest = f"see the probe {probe.name}"
        checks.append(_check(probe, seen, smallest))
        old_reply, new_reply = seen.replies
        old, new = (set(reply.warnings) for reply in seen.replies)
        if all(reply.outcome == "returned" for reply in seen.replies):
            note_warnings(new - old, old - new, probe.name, (said, reworded))
            note_warnings(old - new, new - old, probe.name, (unsaid, reworded))
        both = old_reply.outcome == new_reply.outcome == "returned"
        if both and old_reply.returned != new_reply.returned:
            counted.append((probe, (old_reply, new_reply)))
    told = warning_checks(said, unsaid, reworded)
    return [*checks, *told, *count_checks(counted)]


def _smallest(pair: Pair, request: Request, seen: Seen) -> Request:
    """Return the simplest request that is seen in the same state, in the same image."""
    deadline = time.monotonic() + SIMPLIFY_LIMIT

    def holds(candidate: Request) -> bool:
        if time.monotonic() > deadline:
            return False
        again = look(pair, candidate, judge=seen.difference is None)
        return again.metric == seen.metric and (
            again.state is seen.state
            or (again.state is State.CHANGED and seen.difference is not None)
        )

    return simplify(request, holds)


def _check(probe: Probe, seen: Seen, smallest: str) -> Check:
    figures: dict[str, Any] = {"seconds": [round(reply.seconds, 6) for reply in seen.replies]}
    area = None
    difference = seen.difference
    if difference is not None:
        figures |= {
            "largest_difference": difference.largest,
            "allowed": difference.allowed,
            "place": list(difference.index),
            "old": difference.old,
            "new": difference.new,
            "pixels_beyond": difference.pixels,
        }
        # What chance decides has no place: a map of it would look like a finding.
        found = seen.state is not State.SAME and difference.kind == "changed"
        if found and difference.gap.ndim >= 2:
            area = make_map(difference)
    request = probe.request
    if isinstance(request, DrizzleRequest):
        figures |= {"kernel": request.kernel, "images": len(request.images)}
    brief = [
        reply.outcome if reply.outcome != "raised" else f"{reply.error}: {reply.message[:120]}"
        for reply in seen.replies
    ]
    return Check(
        name=f"difference/{probe.name}",
        family="difference",
        state=seen.state,
        message=f"{probe.about}: {seen.message}",
        old=brief[0] if difference is None else f"{difference.old:.7g}",
        new=brief[1] if difference is None else f"{difference.new:.7g}",
        metric=seen.metric if seen.state is not State.SAME else "",
        smallest=smallest,
        figures=figures,
        map=area,
    )
