"""What the calls of all cores in scripts have in common: names of arrays, arguments, values."""

from __future__ import annotations

from typing import Any, Protocol

from harness.discovery.finding import Finding
from harness.discovery.literal import Names

MANY = 4
"""Images from which on their calls are written as a loop."""


class Calls(Protocol):
    """How one core is called in a script."""

    def imports(self) -> list[str]:
        """Return the import lines."""
        ...

    def definitions(self) -> list[str]:
        """Return the lines between arrays and calls."""
        ...

    def lines(self) -> list[str]:
        """Return the lines of the calls."""
        ...

    def value(self, finding: Finding) -> str | None:
        """Return the expression for the value that is wrong."""
        ...

    def name_of(self, field: str) -> str | None:
        """Return the name of an input array, such as "images[0].data"."""
        ...

    def arrays(self) -> dict[str, Any]:
        """Return the arrays that the lines of the calls name."""
        ...


def arguments(named: dict[str, Any]) -> str:
    """Return keyword arguments; strings that start with "=" are expressions."""
    return ", ".join(
        f"{name}={value[1:] if isinstance(value, str) and value[:1] == '=' else repr(value)}"
        for name, value in named.items()
    )


class NamedCalls:
    """What all forms of calls do alike: they name arrays, and the value that is wrong.

    Parameters
    ----------
    names : Names
    finding : Finding
    """

    def __init__(self, names: Names, finding: Finding) -> None:
        self._names = names
        self._finding = finding
        self._request: Any = finding.call
        self._fields: dict[str, str] = {}

    def name_of(self, field: str) -> str | None:
        """Return the name of an input array, such as "images[0].data"."""
        return self._fields.get(field)

    def arrays(self) -> dict[str, Any]:
        """Return the arrays that the lines of the calls name."""
        return self._names.arrays

    def _name(self, array: Any, name: str, field: str) -> str:
        given = self._names.of(array, name)
        self._fields[field] = given
        return given

    def _expression(self, finding: Finding, arrays: dict[str, str]) -> str | None:
        field, index = finding.output, list(finding.index)
        text = str(index)[1:-1]
        if field.startswith("sum of wht"):
            wht, sci = arrays["wht"], arrays["sci"]
            if field == "sum of wht":
                return f"{wht}.sum(dtype=float)"
            return f"np.where({wht} > 0, {wht} * {sci}, 0).sum(dtype=float)"
        base = field.split("[")[0]
        if base == "variance":
            return f"{arrays['variance']}{field[8:]}[{text}]"
        if base in arrays:
            return f"{arrays[base]}[{text}]" if index else arrays[base]
        return None
