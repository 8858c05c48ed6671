"""AstroDrizzle on real files and on scenes written as FITS, each side in its own environment.

The cases are those that the gate runs through cores that read files and, but in the quick profile,
all other sets of real HST frames that are here. Products are compared as all
others: the same to the bit, roundoff, or changed, with a map, and judged by exact overlap. What
only one side warns of, or complains of in its log, is told once for all cases.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path

from harness.frames.manifest import list_frame_sets, load_manifest
from harness.trials.case import Case
from harness.trials.facts import missing_frames
from harness.trials.profile import list_cases, load_profile
from harness.upgrade.check import Check, State
from harness.upgrade.pair import Opened
from harness.upgrade.trials import compare_cores

BY_CHANCE = ("ResourceWarning",)
"""Warnings that come when the garbage collector finds something, and not when it is left."""
CHANGING = re.compile(r"/\S+/|0x[0-9a-f]+|\d+(?:\.\d+)?")
"""Folders, addresses and numbers in a text: they differ from run to run."""
WARNING = "file/warning/"
LOGGED = "log"
"""The category of what stands in the log alone."""
WORDS = 6
QUICK = "quick"
TELESCOPE = "HST"


def list_file_trials(profile: str, frames_dir: Path | None) -> tuple[Case, ...]:
    """Return the cases of a profile for pipelines on files, whose files are here."""
    cases = list_cases(load_profile(profile), reads_files=True)
    if profile != QUICK:
        listed = {case.source for case in cases}
        others = (f"frames/{name}" for name in list_frame_sets() if _is_filed(name))
        cases += tuple(
            Case(source=source, kernel="square", pixfrac=0.8, scale=1.0)
            for source in others
            if source not in listed
        )
    absent = missing_frames(cases, frames_dir)
    return tuple(case for case in cases if case.source not in absent)


def _is_filed(name: str) -> bool:
    """Tell whether the frames of a set are as AstroDrizzle takes them."""
    manifest = load_manifest(name)
    return manifest.telescope == TELESCOPE and manifest.pixels == "real"


def compare_files(
    pair: tuple[Opened, Opened], case: Case, *, frames_dir: Path | None = None
) -> list[Check]:
    """Run one case through the pipelines of both sides; compare products and warnings."""
    old, new = (side.pipeline for side in pair)
    assert old is not None and new is not None  # noqa: S101, PT018 - `list_tasks` asks for both
    found = [
        _renamed(check, case)
        for check in compare_cores((old, new), case, frames_dir=frames_dir)
        # No twin is here to compare with.
        if ".twin_" not in check.metric
    ]
    return found + compare_sayings(pair, case.id)


def compare_sayings(pair: tuple[Opened, Opened], case: str) -> list[Check]:
    """Compare what the last runs of both pipelines warned of and logged, where both ended well."""
    replies = [side.pipeline.reply for side in pair if side.pipeline is not None]
    said = [
        _sayings(reply.warnings, reply.attributes.get("complaints", ()))
        for reply in replies
        if reply is not None and reply.outcome == "returned"
    ]
    return _compare_sayings(said[0], said[1], case) if len(said) == len(pair) else []


def merge_warnings(checks: Iterable[Check]) -> list[Check]:
    """Make one check of those of all cases that tell of the same warning."""
    merged: dict[str, Check] = {}
    counts: dict[str, int] = {}
    others = []
    for check in checks:
        if not check.name.startswith(WARNING):
            others.append(check)
            continue
        counts[check.name] = counts.get(check.name, 0) + 1
        first = merged.setdefault(check.name, check)
        if check.smallest < first.smallest:
            merged[check.name] = check
    for name, check in merged.items():
        cases = f"{counts[name]} case{'s' if counts[name] > 1 else ''}"
        told = f"{check.message} ({cases}, the first {check.smallest})"
        others.append(dataclasses.replace(check, message=told))
    return others


def _renamed(check: Check, case: Case) -> Check:
    """Give a check of the trials its name among those of files."""
    what = check.name.split("/")[1] if check.name.endswith(f"/{case.id}") else ""
    product = check.name.startswith("difference/product/")
    name = f"file/{what}/{case.id}" if what and not product else f"file/{case.id}"
    if check.metric == "outcome":
        name = f"file/{case.id}"
    return dataclasses.replace(
        check, name=name, family="file", message=check.message.replace("product of", "files of")
    )


def _sayings(warnings: Iterable[str], complaints: Iterable[str]) -> dict[str, str]:
    """Return what a side says, by what of it does not change from run to run."""
    texts = [one for one in warnings if one.split(":")[0] not in BY_CHANCE]
    texts += [f"{LOGGED}: {one}" for one in complaints]
    return {CHANGING.sub("#", text): text for text in texts}


def _compare_sayings(old: dict[str, str], new: dict[str, str], case: str) -> list[Check]:
    found = []
    for texts, others, state, told in (
        (new, old, State.WARNS, "now says"),
        (old, new, State.QUIET, "no longer says"),
    ):
        for key in sorted(set(texts) - set(others)):
            category, _, rest = key.partition(":")
            words = "-".join(re.findall(r"\w+", rest)[:WORDS])
            found.append(
                Check(
                    name=f"{WARNING}{category}/{words}",
                    family="file",
                    state=state,
                    message=f"AstroDrizzle {told}: {texts[key]}",
                    metric="warnings",
                    smallest=case,
                )
            )
    return found
