"""Warnings and counts, told once each and not once a probe."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cores.request import Reply
from harness.upgrade.answers import is_arithmetic
from harness.upgrade.check import Check, State
from harness.upgrade.probes import Probe


def count_checks(counted: list[tuple[Probe, tuple[Reply, Reply]]]) -> Iterator[Check]:
    """Give one check for the counts of skipped lines and missed pixels, where they differ."""
    if not counted:
        return
    probe, (old, new) = counted[0]
    yield Check(
        name="difference/returned",
        family="difference",
        state=State.REWORDED,
        message=f"the counts of skipped lines and missed pixels differ in {len(counted)} probes",
        old=f"{old.returned[:1]}",
        new=f"{new.returned[:1]}",
        metric="returned",
        smallest=f"see the probe {probe.name}",
    )


def note_warnings(
    texts: set[str],
    others: set[str],
    probe: str,
    where: tuple[dict[str, list[str]], dict[str, list[str]]],
) -> None:
    """Note what one side alone says of a probe: plain, or as other words for the same."""
    plain, reworded = where
    for text in texts:
        same = any(text.split(":")[0] == other.split(":")[0] for other in others)
        (reworded if same else plain).setdefault(text, []).append(probe)


def warning_checks(
    said: dict[str, list[str]], unsaid: dict[str, list[str]], reworded: dict[str, list[str]]
) -> Iterator[Check]:
    """Give one check for each warning that is new, gone, or told in other words."""
    missed = {text: names for text, names in unsaid.items() if not is_arithmetic(text)}
    told_by = (
        (said, State.WARNS, "now warns"),
        (missed, State.QUIET, "no longer warns"),
        (reworded, State.REWORDED, "one side alone says, in these words"),
    )
    given = set()
    for texts, state, told in told_by:
        for text, names in sorted(texts.items()):
            category = text.split(":")[0]
            words = "-".join(text.split(":", 1)[-1].split()[:6])
            name = f"difference/warning/{category}/{words}"
            if name in given:
                continue
            given.add(name)
            yield Check(
                name=name,
                family="difference",
                state=state,
                message=f"{told}: {text} ({len(names)} probes, the first {names[0]})",
                metric="warnings",
                smallest=f"see the probe {names[0]}",
            )
