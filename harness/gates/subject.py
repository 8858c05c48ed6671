"""What a measurement was made on, and whether a specification speaks of it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.gates.specification import Noise, Specification
from harness.model import Capabilities, Kernel, Pixels, Weighting


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The facts of one case on one core that decide which specifications apply.

    Attributes
    ----------
    core, core_version : str
        The core that drizzled.
    capabilities : Capabilities
        What that core can do.
    case : str
        Identifier of the case.
    kernel, pixfrac, weighting :
        As in `harness.model.DrizzleParams`.
    scale : float
        Output scale over input scale.
    pixels : {"synthetic", "real", "derived"}
        What the exposures hold.
    noise : {"noise-free", "noisy"}
        Whether the exposures carry noise.
    dithered : bool
        Whether there are several pointings.
    tags : frozenset of str
        What else the case says of itself.
    """

    core: str
    core_version: str
    capabilities: Capabilities
    case: str
    kernel: Kernel
    pixfrac: float
    scale: float
    weighting: Weighting
    pixels: Pixels
    noise: Noise
    dithered: bool
    tags: frozenset[str] = frozenset()


def why_not_applicable(specification: Specification, subject: Subject) -> str:
    """Say why a specification does not speak of a subject; empty when it does.

    It needs no measurement, so that what does not apply is never run. What the core cannot do is
    another matter, see `why_core_cannot`.

    Parameters
    ----------
    specification : Specification
        Its `applies_to` counts.
    subject : harness.gates.subject.Subject
        Case and core.
    """
    applies = specification.applies_to
    able = subject.capabilities
    missing = sorted(set(applies.tags) - subject.tags)
    excluded = sorted(set(applies.without_tags) & subject.tags)
    reasons = (
        _outside("kernel", subject.kernel, applies.kernels),
        _outside("weighting", subject.weighting, applies.weightings),
        _outside("pixels", subject.pixels, applies.pixels),
        _outside("exposures", subject.noise, (applies.noise,) if applies.noise else ()),
        _beyond("pixfrac", subject.pixfrac, applies.pixfrac),
        _beyond("scale", subject.scale, applies.scale),
        (
            applies.dithered is not None and applies.dithered != subject.dithered,
            f"the exposures are {'' if subject.dithered else 'not '}dithered",
        ),
        (
            applies.files is not None and applies.files != able.files,
            f"{subject.core} takes {'files' if able.files else 'arrays'}",
        ),
        (bool(missing), f"the case is not tagged {', '.join(missing)}"),
        (bool(excluded), f"the case is tagged {', '.join(excluded)}"),
    )
    return next((reason for holds, reason in reasons if holds), "")


def why_core_cannot(specification: Specification, subject: Subject) -> str:
    """Say which capability a core lacks to be judged by a specification; empty when none.

    Parameters
    ----------
    specification : Specification
        Its `applies_to` counts.
    subject : harness.gates.subject.Subject
        Case and core.
    """
    applies = specification.applies_to
    able = subject.capabilities
    lacking = [image for image in applies.needs if not getattr(able, image)]
    reasons = (
        (subject.kernel not in able.kernels, f"{subject.core} has no {subject.kernel} kernel"),
        (bool(lacking), f"{subject.core} makes no {' and no '.join(lacking)} image"),
        (
            applies.flux_conserving and subject.kernel not in able.flux_conserving,
            f"the {subject.kernel} kernel of {subject.core} does not conserve flux",
        ),
    )
    return next((reason for holds, reason in reasons if holds), "")


def _outside(key: str, value: str, allowed: tuple[str, ...]) -> tuple[bool, str]:
    named = ", ".join(allowed)
    return bool(allowed) and value not in allowed, f"it is for {key} {named}, not {value}"


def _beyond(key: str, value: float, span: tuple[float, float] | None) -> tuple[bool, str]:
    if span is None:
        return False, ""
    outside = not span[0] <= value <= span[1]
    return outside, f"it is for {key} {span[0]:g} to {span[1]:g}, not {value:g}"
