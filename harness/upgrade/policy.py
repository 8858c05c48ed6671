"""What a project lets pass: which checks count, and waivers with a reason and an end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from harness.errors import FixtureError
from harness.fixture_data import STRICT, load_fixture
from harness.upgrade.check import Check, State

FAILING = (
    State.REGRESSED,
    State.CHANGED,
    State.CONVENTION,
    State.VANISHED,
    State.WARNS,
    State.QUIET,
    State.SLOWER,
    State.MORE_WORK,
)
"""States that fail the gate, unless a policy says otherwise.

QUIET is one of them: what was warned of is still taken, and gives the same, so whoever relied on
being told (`-W error`, a test that expects the warning) is told nothing. Where the fault behind
the warning is mended, the result is another one, and the state is FIXED.
"""


class Ruling(StrEnum):
    """What a check means for the gate."""

    PASS = "pass"  # noqa: S105 - a ruling, not a password
    NOTE = "note"
    FAIL = "fail"
    WAIVED = "waived"
    INCONCLUSIVE = "inconclusive"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Findings that are accepted for a time.

    Attributes
    ----------
    check : str
        Shell pattern of the names of the checks.
    reason : str
        Why they are accepted.
    expires : date
        The last day on which they are.
    link : str
        Where it was decided, or the report upstream.
    """

    __pydantic_config__ = STRICT

    check: str
    reason: str
    expires: date
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The content of a policy file.

    Attributes
    ----------
    fail_on : tuple of str
        States that fail the gate.
    ignore : tuple of str
        Shell patterns of checks that do not count, whatever they find; each family, kernel or
        specification that a project does not use.
    sensitivity : float
        Relative slowdown that must not pass unseen.
    require_clock : bool
        Whether a workload on which the clock could not decide makes the run inconclusive.
    waiver : tuple of Waiver
    source : str
        File from which it was read; "" for the policy that comes with the harness.
    """

    __pydantic_config__ = STRICT

    fail_on: tuple[State, ...] = FAILING
    ignore: tuple[str, ...] = ()
    sensitivity: float = 0.05
    require_clock: bool = True
    waiver: tuple[Waiver, ...] = ()
    source: str = field(default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """The rulings on all checks, and what they make together.

    Attributes
    ----------
    verdict : {"PASS", "FAIL", "INCONCLUSIVE"}
    rulings : tuple of Ruling
        One for each check, in their order.
    reasons : tuple of str
        Why it is not PASS: counts by family and state, and what is wrong with the policy.
    waived : dict of str to str
        Name of a waived check to the reason and link.
    """

    verdict: str
    rulings: tuple[Ruling, ...]
    reasons: tuple[str, ...]
    waived: dict[str, str]


def load_policy(path: Path | None) -> Policy:
    """Read a policy file; the policy that fails on every finding where none is named.

    Parameters
    ----------
    path : Path or None
        A TOML file.

    Raises
    ------
    FixtureError
        If the file cannot be read, has an unknown key, a state that does not exist, a waiver
        without reason, or the same pattern twice.
    """
    import dataclasses

    if path is None:
        return Policy()
    policy = dataclasses.replace(load_fixture(path, Policy), source=str(path))
    for waiver in policy.waiver:
        for key in ("check", "reason"):
            if not getattr(waiver, key).strip():
                raise FixtureError(
                    f"a waiver has an empty {key}", where=str(path),
                    allowed="a pattern of names of checks, and a sentence",
                )  # fmt: skip
        if sum(one.check == waiver.check for one in policy.waiver) > 1:
            raise FixtureError(
                f"waiver {waiver.check!r} stands twice", where=str(path), remedy="Take one out"
            )
    if not 0 < policy.sensitivity <= 1:
        raise FixtureError(
            f"sensitivity is {policy.sensitivity}", where=str(path), allowed="above 0, up to 1"
        )
    return policy


def rule(
    checks: list[Check],
    policy: Policy,
    *,
    today: date | None = None,
    left_out: tuple[str, ...] = (),
) -> Ruled:
    """Say what every check means, and what they mean together.

    Parameters
    ----------
    checks : list of Check
    policy : Policy
    today : date, optional
    left_out : tuple of str, optional
        Families that were not looked at: waivers of them are not missed.

    Returns
    -------
    Ruled

    Notes
    -----
    A waiver that is over its day, or that no finding matches, fails the gate: so it is taken out
    when what it stood for is gone. Where the clock could not decide and the instructions are the
    same or fewer, these settle it.
    """
    today = today or datetime.now(UTC).date()
    used: set[str] = set()
    waived: dict[str, str] = {}
    rulings = []
    settled = {
        one.name.replace("instructions/", "clock/", 1)
        for one in checks
        if one.family == "instructions" and one.state in (State.SAME, State.LESS_WORK)
    }
    for check in checks:
        ruling = _rule_one(check, policy)
        if ruling is Ruling.INCONCLUSIVE and check.name in settled:
            ruling = Ruling.NOTE
        if ruling is Ruling.FAIL:
            found = [one for one in policy.waiver if fnmatchcase(check.name, one.check)]
            used |= {one.check for one in found}
            valid = [one for one in found if one.expires >= today]
            if valid:
                ruling = Ruling.WAIVED
                link = f" ({valid[0].link})" if valid[0].link else ""
                waived[check.name] = f"{valid[0].reason}{link}"
        rulings.append(ruling)
    wrong = []
    for waiver in policy.waiver:
        if waiver.expires < today:
            wrong.append(f"waiver {waiver.check!r} of {policy.source} expired on {waiver.expires}")
        elif waiver.check not in used and waiver.check.split("/")[0] not in left_out:
            wrong.append(f"waiver {waiver.check!r} of {policy.source} matches no finding")
    reasons = [*wrong, *_count(checks, rulings, Ruling.FAIL)]
    verdict = "FAIL" if reasons else "PASS"
    if not reasons and Ruling.INCONCLUSIVE in rulings:
        verdict = "INCONCLUSIVE"
        reasons = _count(checks, rulings, Ruling.INCONCLUSIVE)
    return Ruled(verdict=verdict, rulings=tuple(rulings), reasons=tuple(reasons), waived=waived)


def _rule_one(check: Check, policy: Policy) -> Ruling:
    if any(fnmatchcase(check.name, pattern) for pattern in policy.ignore):
        return Ruling.IGNORED
    if check.state in policy.fail_on:
        return Ruling.FAIL
    if check.state is State.INCONCLUSIVE:
        return Ruling.INCONCLUSIVE if policy.require_clock else Ruling.NOTE
    if check.state in (State.SAME, State.ROUNDOFF):
        return Ruling.PASS
    return Ruling.NOTE


def _count(checks: list[Check], rulings: list[Ruling], ruling: Ruling) -> list[str]:
    counted: dict[tuple[str, str], list[str]] = {}
    for check, one in zip(checks, rulings, strict=True):
        if one is ruling:
            counted.setdefault((check.family, str(check.state)), []).append(check.name)
    return [
        f"{state}: {len(names)} {family} check{'s' if len(names) > 1 else ''}: "
        f"{', '.join(names[:3])}{', ...' if len(names) > 3 else ''}"
        for (family, state), names in counted.items()
    ]
