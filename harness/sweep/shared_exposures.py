"""The exposures of one scale where all processes see them: in shared memory, or in files."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.exposure_stream import ExposureStream
from harness.model import Exposure
from harness.spool import Spool
from harness.sweep.shared import Attached, SharedHandle, SharedObject


class SharedExposures:
    """Exposures of one scale in shared memory, or in files; both go with the `with` block."""

    def __init__(self) -> None:
        self._blocks: list[SharedObject] = []
        self._views: list[Attached] = []
        self._stream: ExposureStream | None = None

    def settle(
        self, exposures: Sequence[Exposure], change: Callable[[Exposure], Exposure]
    ) -> Sequence[Exposure]:
        """Return what `change` makes of each exposure, where all processes see it.

        Spooled exposures stay spooled, what is new of them in a folder of its own, which goes with
        this scale.
        """
        if isinstance(exposures, ExposureStream):
            self._stream = exposures.changed(change, Spool()).locked()
            return self._stream
        return tuple(self._keep(change(exposure)) for exposure in exposures)

    def _keep(self, exposure: Exposure) -> Exposure:
        block = SharedObject(exposure)
        self._blocks.append(block)
        view = Attached(block.handle)
        self._views.append(view)
        kept: Exposure = view.content
        return kept

    def __enter__(self) -> SharedExposures:
        return self

    def __exit__(self, *_: object) -> None:
        for view in self._views:
            view.close()
        for block in self._blocks:
            block.free()
        self._stream = None

    @property
    def handles(self) -> tuple[SharedHandle, ...] | ExposureStream:
        """Where the exposures lie, in their order."""
        if self._stream is not None:
            return self._stream
        return tuple(block.handle for block in self._blocks)
