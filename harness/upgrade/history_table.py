"""The backtest as Markdown: a matrix of pairs, changes and checks, and what saw each change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from harness.upgrade.backtest import Looked, effects_of, matches, seen
from harness.upgrade.check import Check, Family, State
from harness.upgrade.history import Change
from harness.upgrade.policy import FAILING, load_policy, rule

COLUMNS: tuple[Family, ...] = ("interface", "call", "difference", "clock")
"""Families of checks that the backtest runs."""
NAMED = 3
"""Checks that are named for a change; further ones are counted."""
NAMED_OTHERS = 6
"""The same for what the notes do not tell."""


def make_pages(results: Sequence[Looked]) -> str:
    """Return counts, the matrix, and a section for each pair, as Markdown."""
    parts = [_counts(results), make_matrix(results)]
    parts += ["\n".join(_section(looked)) for looked in results]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _counts(results: Sequence[Looked]) -> str:
    ran = [looked for looked in results if not looked.error]
    changes = [(looked, change) for looked in ran for change in looked.pair.change]
    visible = [(looked, change) for looked, change in changes if not change.unseen]
    found = [one for one in visible if all(_both_ways(*one))]
    installing = sum(looked.installing for looked in ran)
    looking = sum(looked.looking for looked in ran)
    words = (
        f"{len(ran)} pairs, {len(changes)} documented changes: {len(found)} seen in both "
        f"directions, {len(visible) - len(found)} missed, {len(changes) - len(visible)} that the "
        f"public interface cannot show. {installing:.0f} s for the environments, {looking:.0f} s "
        "for everything else."
    )
    failed = len(results) - len(ran)
    return words + (f" {failed} pairs could not run." if failed else "")


def _both_ways(looked: Looked, change: Change) -> tuple[list[Check], list[Check]]:
    return (
        seen(change, looked.forward, change.forward),
        seen(change, looked.backward, change.backward),
    )


def make_matrix(results: Iterable[Looked]) -> str:
    """Return the table pair x documented change x family of checks, as Markdown.

    A cell says how many checks of a family saw the change, forward / backward.
    """
    lines = [
        f"| pair | documented change | {' | '.join(COLUMNS)} |",
        f"|---|---|{'---|' * len(COLUMNS)}",
    ]
    for looked in results:
        name = f"{looked.pair.old} → {_version(looked.pair.new)}"
        if looked.error:
            lines.append(f"| {name} | could not run: {_cell(looked.error)} |{' |' * len(COLUMNS)}")
            continue
        for change in looked.pair.change:
            cells = ["not visible" if change.unseen else ""] + [""] * (len(COLUMNS) - 1)
            if not change.unseen:
                ways = _both_ways(looked, change)
                cells = [_cell_of(family, ways) for family in COLUMNS]
                if not all(ways):
                    way = "forward" if not ways[0] else "backward"
                    cells[0] = f"**not seen {way}** {cells[0]}".strip()
            lines.append(f"| {name} | {_cell(change.text)} | {' | '.join(cells)} |")
            name = ""
    return "\n".join(lines)


def _cell_of(family: Family, ways: tuple[list[Check], list[Check]]) -> str:
    told = []
    for checks in ways:
        counted = Counter(check.state for check in checks if check.family == family)
        told.append(", ".join(f"{count} {state}" for state, count in counted.items()) or "-")
    return "" if told == ["-", "-"] else " / ".join(told)


def _section(looked: Looked) -> Iterator[str]:
    pair = looked.pair
    yield f"## {pair.old} → {_version(pair.new)}"
    yield ""
    if looked.error:
        yield f"Could not run: {' '.join(looked.error.split())}"
        return
    forward, backward = (_verdict(checks) for checks in (looked.forward, looked.backward))
    yield f"Forward {forward}, backward {backward}; {looked.looking:.0f} s."
    yield ""
    for change in pair.change:
        yield f"- {change.text}"
        if change.unseen:
            yield f"  - not visible: {change.unseen}"
            continue
        for way, checks in zip(("forward", "backward"), _both_ways(looked, change), strict=True):
            passes = f" ({change.back_passes})" if way == "backward" and change.back_passes else ""
            yield f"  - {way}: {_told(checks)}{passes}"
    for effect in pair.also:
        yield f"- not in the notes: {effect.text}"
        yield f"  - {_told(effects_of(looked, effect))}"
    for way, all_checks in (("forward", looked.forward), ("backward", looked.backward)):
        others = others_of(looked, all_checks)
        if others:
            yield f"- further findings {way}, of which the notes say nothing"
            yield f"  - {_told(others, most=NAMED_OTHERS)}"


def others_of(looked: Looked, checks: Iterable[Check]) -> list[Check]:
    """Return the checks that fail the gate for what the notes do not tell."""
    told = [one for change in looked.pair.change for one in change.seen_by]
    told += [one for effect in looked.pair.also for one in effect.seen_by]
    return [check for check in checks if check.state in FAILING and not matches(check, told)]


def _verdict(checks: tuple[Check, ...]) -> str:
    ruled = rule(list(checks), load_policy(None))
    failing = sum(check.state in FAILING for check in checks)
    told = f"{failing} check{'' if failing == 1 else 's'}"
    return f"{ruled.verdict} ({told})" if failing else ruled.verdict


def _told(checks: Sequence[Check], most: int = NAMED) -> str:
    if not checks:
        return "**not seen**"
    # One of each state and family first: they say more than the like of the first one.
    kinds: dict[tuple[State, str], list[Check]] = {}
    for check in checks:
        kinds.setdefault((check.state, check.family), []).append(check)
    depth = max(len(alike) for alike in kinds.values())
    named = [alike[n] for n in range(depth) for alike in kinds.values() if n < len(alike)][:most]
    told = ", ".join(f"`{check.name}` {check.state}" for check in named)
    return told + (f" and {len(checks) - most} more" if len(checks) > most else "")


def _version(requirement: str) -> str:
    return requirement.partition("==")[2] or requirement


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
