"""drizzlepac's C core without the package around it, which takes many seconds to import.

For the clock, whose processes load this file by its path, in the environment of any drizzlepac 3:
it imports the standard library and numpy only, and its neighbours by their paths.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from harness.model import DrizzleParams, Exposure

HERE = Path(__file__).parent
CALLS = HERE / "worker" / "child" / "calls_drizzlepac.py"
MAPPING = HERE / "drizzlepac.py"


class CdrizAlone:
    """`cdriz.tdriz` called as `drizzlepac.adrizzle.do_driz` calls it."""

    name = "drizzlepac"

    def __init__(self) -> None:
        self._mapping: Any = _load(MAPPING).PixmapMapping
        calls = _load(CALLS)
        # The adapter's own mapping takes any pixmap; this one is made for whole images.
        calls._mapping = self._map
        session = SimpleNamespace(
            guard=lambda array: array,
            unsupported=_fail,
            load=lambda name: _load(CALLS.with_name(f"{name}.py")),
        )
        self._calls: Any = calls.load(session)
        self.version = str(self._calls.version)
        self.capabilities = {
            "kernels": {"square", "point", "turbo", "gaussian", "lanczos2", "lanczos3"},
            "flux_conserving": {"square", "point", "turbo"},
            "context": True,
            "units": {"cps", "counts"},
        }

    def drizzle(self, exposures: Sequence[Exposure], params: DrizzleParams) -> dict[str, Any]:
        """Combine exposures of one pixel scale; see `harness.cores.protocol.DrizzleCore`.

        Parameters
        ----------
        exposures : sequence of Exposure
            With pixmaps; see `harness.cores.protocol.DrizzleCore`.
        params : DrizzleParams
            Likewise.

        Returns
        -------
        dict
            `sci`, `wht`, (ny, nx), float32; `ctx`, (planes, ny, nx), int32.

        Raises
        ------
        ValueError
            If the exposures have several pixel scales.
        """
        scales = {exposure.pixel_scale for exposure in exposures}
        if len(scales) > 1:
            raise ValueError(f"exposures of several pixel scales: {sorted(scales)}")
        ratio = params.grid.pixel_scale / scales.pop()
        images = [
            SimpleNamespace(
                data=exposure.data,
                pixmap=exposure.pixmap,
                weight=exposure.weight_map,
                exptime=exposure.exptime,
                in_units=exposure.in_units,
                pixfrac=params.pixfrac,
                iscale=1.0,
                pixel_scale_ratio=ratio,
                weight_scale=1.0,
                limits=(None, None, None, None),
                dq=None,
                variance=None,
            )
            for exposure in exposures
        ]
        request = SimpleNamespace(
            images=images,
            kernel=params.kernel,
            shape=tuple(params.grid.shape),
            fillval=params.fillval,
            context=True,
            previous=None,
            max_images=None,
        )
        reply: dict[str, Any] = {}
        self._calls.drizzle(request, reply)
        sci, wht = reply["sci"], reply["wht"]
        np.multiply(sci, np.float32(1 / ratio**2), out=sci, where=wht != 0)
        return {"sci": sci, "wht": wht, "ctx": reply["ctx"]}

    def _map(self, pixmap: Any) -> Any:
        return self._mapping(pixmap).forward


def load() -> CdrizAlone:
    """Return the core.

    Raises
    ------
    ImportError
        If drizzlepac is not installed.
    """
    return CdrizAlone()


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"alone_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _fail(what: str) -> None:
    raise ValueError(f"drizzlepac has no {what}")
