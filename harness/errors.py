"""The one family of errors that the harness raises.

A message says what was found, what is allowed, where (file, key, case), and what to do.
"""

from __future__ import annotations


class HarnessError(Exception):
    """What every error of the harness is.

    Parameters
    ----------
    found : str
        What was seen, with the value.
    where : str, optional
        The file, key or case in which it was seen; it opens the message.
    allowed : str, optional
        What would have been accepted.
    remedy : str, optional
        What to do about it, as an imperative sentence.
    """

    def __init__(self, found: str, *, where: str = "", allowed: str = "", remedy: str = "") -> None:
        self.found = found
        self.where = where
        self.allowed = allowed
        self.remedy = remedy
        super().__init__(found)

    def __str__(self) -> str:
        opening = f"{self.where}: {self.found}" if self.where else self.found
        sentences = [opening.rstrip(".")]
        if self.allowed:
            sentences.append(f"Allowed: {self.allowed}".rstrip("."))
        if self.remedy:
            sentences.append(self.remedy.rstrip("."))
        return ". ".join(sentences) + "."

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments are lost by the default; workers send errors across processes.
        state = {"where": self.where, "allowed": self.allowed, "remedy": self.remedy}
        return _rebuild, (type(self), self.found, state)


def _rebuild(kind: type[HarnessError], found: str, state: dict[str, str]) -> HarnessError:
    return kind(found, **state)


class UsageError(HarnessError):
    """The command line, an option or an argument asks for what does not exist."""


class FixtureError(HarnessError):
    """A data file of the harness or of its user (TOML, manifest, expected failures) is wrong."""


class SceneError(HarnessError):
    """A scene cannot be made as it was asked for."""


class FrameError(HarnessError):
    """A real frame cannot be found, fetched or read."""


class GeometryError(HarnessError):
    """A WCS, an output grid, a pixmap or a region cannot be used."""


class CoreError(HarnessError):
    """A drizzle core cannot be loaded, or what it is or returned breaks the protocol."""


class EnvironmentBuildError(HarnessError):
    """A release cannot be installed into an environment of its own, or does not work there."""


class UnsupportedCaseError(HarnessError):
    """A core was asked for something that its capabilities exclude."""


class MetricError(HarnessError):
    """A metric got arrays or a region that it cannot measure."""


class SpecificationError(HarnessError):
    """A specification or an expected-failures entry contradicts itself or matches nothing."""
