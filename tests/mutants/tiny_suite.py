"""A warm suite on tinycore; imported by the server that the tests start."""

from harness.mutants.suite import Finding


class Suite:
    """Checks of `total`, `first`, `same`, of one side of `limited`, and one that never holds."""

    def __init__(self, digest="tiny"):
        self._digest = digest
        self._core = None

    def digest(self):
        """Return what the tests give."""
        return self._digest

    def names(self):
        """Return the names of the checks."""
        return ("total", "first", "same", "low", "known")

    def open(self):
        """Import the core."""
        import tinycore

        self._core = tinycore

    def check(self, name):
        """Compare one value."""
        got, wanted = {
            "total": lambda: (self._core.total(4), 10),
            "first": lambda: (self._core.first(0), 7),
            "same": lambda: (self._core.same(3), 3),
            "low": lambda: (self._core.limited(2, 5, 9), 5),
            # A known defect: held to its figures, so that another value is another fault.
            "known": lambda: (self._core.limited(9, 5, 8), 1),
        }[name]()
        return None if got == wanted else Finding(message=f"{got}, not {wanted}", seen=(got,))
