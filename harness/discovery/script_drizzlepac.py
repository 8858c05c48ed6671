"""Calls of drizzlepac's `cdriz` in scripts."""

from __future__ import annotations

import numpy as np

from harness.cores.request import BlotRequest, ExtensionRequest
from harness.discovery.finding import Finding
from harness.discovery.script_base import NamedCalls

MAPPING = """\
def mix(a, p, q):  # p and q where the part is 0 and 1, whatever the other is
    return np.where(a == 0, p, np.where(a == 1, q, (1 - a) * p + a * q))
def place(grid, x, y):  # 1-based pixels of the input to those of the output, linear in between
    out = []
    for one in (grid[..., 0], grid[..., 1]):
        ny, nx = one.shape
        i, j = min(max(int(y[0]) - 1, 0), ny - 2), np.clip(x.astype(int) - 1, 0, nx - 2)
        rows = [mix(x - 1 - j, row[j], row[j + 1]) for row in one[i : i + 2]]
        out.append(mix(y[0] - 1 - i, *rows) + 1)
    return tuple(out)"""
"""What cdriz calls back for the positions of pixels: the pixmap, bilinear, linear beyond it."""


class DrizzlepacCalls(NamedCalls):
    """`cdriz` as `drizzlepac.adrizzle.do_driz` and `drizzlepac.ablot.do_blot` call it."""

    def imports(self) -> list[str]:
        """Return the import lines."""
        return ["import numpy as np", "from drizzlepac import cdriz"]

    def definitions(self) -> list[str]:
        """Return the mapping, where the calls have one."""
        return [] if isinstance(self._request, ExtensionRequest) else MAPPING.splitlines()

    def lines(self) -> list[str]:
        """Return the lines of the calls."""
        request = self._request
        if isinstance(request, BlotRequest):
            return self._blot(request)
        if isinstance(request, ExtensionRequest):
            given = [
                self._name(value, name, name) if isinstance(value, np.ndarray) else repr(value)
                for name, value in request.arguments
            ]
            return [f"{request.function}({', '.join(given)})"]
        shape = request.shape
        previous = request.previous
        first = previous.images if previous else 0
        images = first + max(len(request.images), request.max_images or 0)
        planes = (images - 1) // 32 + 1
        ctx = f"ctx = np.zeros({(planes, *(shape or ()))}, np.int32)"
        fill = "INDEF" if request.fillval in (None, "") else str(request.fillval)
        lines = [f"sci, wht = np.zeros((2, *{shape}), np.float32)", ctx]
        if fill.upper() == "INDEF":
            # AstroDrizzle begins with NaN where there is no fill value.
            lines.insert(1, "sci[...] = nan")
        if previous is not None:
            sci = self._name(previous.sci, "osci", "previous.sci")
            wht = self._name(previous.wht, "owht", "previous.wht")
            lines[0] = f"sci, wht = {sci}, {wht}"
            if previous.ctx is not None:
                lines.append(f"ctx[:{len(previous.ctx)}] = {self._name(previous.ctx, 'octx', '')}")
        calls = []
        for number, image in enumerate(request.images):
            where = f"images[{number}]"
            data = self._name(image.data, "data", f"{where}.data")
            pixmap = self._name(image.pixmap, "pixmap", f"{where}.pixmap")
            weight = "None"
            if image.weight is not None:
                weight = self._name(image.weight, "weight", f"{where}.weight")
            plane, bit = divmod(first + number, 32)
            if image.data.dtype > np.float32:
                # So does do_driz.
                data += ".astype(np.float32)"
            scale = 1.0 if image.in_units == "cps" else image.exptime
            calls.append(
                f"cdriz.tdriz({data}, {weight}, sci, wht, ctx[{plane}], {32 * plane + bit + 1}, "
                f"0, 1, 1, {image.data.shape[0]}, {image.pixel_scale_ratio}, 1.0, 1.0, "
                f'"center", {image.pixfrac}, {request.kernel!r}, {image.in_units!r}, {scale}, '
                f"{image.weight_scale}, {fill!r}, 0, 0, 1, lambda x, y: place({pixmap}, x, y))"
            )
        return [*lines, *calls]

    def value(self, finding: Finding) -> str | None:
        """Return the expression for the value that is wrong."""
        arrays = {"sci": "out" if isinstance(self._request, BlotRequest) else "sci"}
        return self._expression(finding, {"wht": "wht", "ctx": "ctx", **arrays})

    def _blot(self, request: BlotRequest) -> list[str]:
        ny, nx = request.data.shape
        data = self._name(request.data, "data", "data")
        pixmap = self._name(request.pixmap, "pixmap", "pixmap")
        return [
            f"out = np.zeros({request.pixmap.shape[:2]}, np.float32)",
            f'cdriz.tblot({data}, out, 1, {nx}, 1, {ny}, 1.0, 1.0, 1.0, 1.0, "center", '
            f"{request.interp!r}, {request.exptime}, {request.fillval}, {request.sinscl}, 1, "
            f"lambda x, y: place({pixmap}, x, y))",
        ]
