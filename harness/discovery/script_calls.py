"""The calls of a request in the words of each core, for scripts."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from harness.cores.request import BlotRequest, ExtensionRequest, RawImage
from harness.discovery.finding import Finding
from harness.discovery.literal import Names, changed_fields

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


class _Base:
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


class DrizzleCalls(_Base):
    """`drizzle.resample` of the drizzle package, 2.2 and later."""

    def imports(self) -> list[str]:
        """Return the import lines."""
        if isinstance(self._request, ExtensionRequest):
            return ["import numpy as np", "from drizzle import cdrizzle"]
        name = "blot_image" if isinstance(self._request, BlotRequest) else "Drizzle"
        return ["import numpy as np", f"from drizzle.resample import {name}"]

    def definitions(self) -> list[str]:
        """Return nothing: the package needs none."""
        return []

    def lines(self) -> list[str]:
        """Return the lines of the calls."""
        if isinstance(self._request, BlotRequest):
            return [self._blot(self._request)]
        if isinstance(self._request, ExtensionRequest):
            return self._extension(self._request)
        request = self._request
        last = (request.max_images or len(request.images)) - 1
        named: dict[str, Any] = {"kernel": request.kernel, "out_shape": request.shape}
        if request.fillval is not None:
            named["fillval"] = request.fillval
        previous = request.previous
        if previous is not None:
            named["out_img"] = "=" + self._name(previous.sci, "sci", "previous.sci")
            named["out_wht"] = "=" + self._name(previous.wht, "wht", "previous.wht")
            if previous.ctx is not None:
                named["out_ctx"] = "=" + self._name(previous.ctx, "ctx", "previous.ctx")
            if previous.dq is not None:
                named["out_dq"] = "=" + self._name(previous.dq, "dq", "previous.dq")
            if previous.variance:
                planes = [
                    "None" if one is None else self._name(one, "var", f"previous.variance[{k}]")
                    for k, one in enumerate(previous.variance)
                ]
                named["out_img2"] = f"=[{', '.join(planes)}]"
            named |= {"exptime": previous.exptime, "begin_ctx_id": previous.images}
            last += previous.images
        if last > 0:
            named["max_ctx_id"] = last
        if not request.context:
            named["disable_ctx"] = True
        lines = [f"d = Drizzle({arguments(named)})"]
        added = [self._image(number, image) for number, image in enumerate(request.images)]
        if len(added) > MANY:
            calls = ", ".join(f"dict({one})" for one in added)
            return [*lines, f"for image in [{calls}]:", "    d.add_image(**image)"]
        lines += [f"returned = d.add_image({one})" for one in added]
        if self._finding.kind.startswith("after a bad"):
            lines[-1:] = ["try:", f"    {lines[-1]}", "except Exception as error:",
                          "    print(error)"]  # fmt: skip
        return lines

    def value(self, finding: Finding) -> str | None:
        """Return the expression for the value that is wrong."""
        if isinstance(self._request, BlotRequest):
            return self._expression(finding, {"sci": "out"})
        arrays = {"sci": "d.out_img", "wht": "d.out_wht", "ctx": "d.out_ctx", "dq": "d.out_dq",
                  "variance": "d.out_img2", "total_exptime": "d.total_exptime",
                  "ctx_id": "d.ctx_id"}  # fmt: skip
        return self._expression(finding, arrays)

    def _image(self, number: int, image: RawImage) -> str:
        where = f"images[{number}]"
        named: dict[str, Any] = {
            "data": "=" + self._name(image.data, "data", f"{where}.data"),
            "exptime": image.exptime,
            "pixmap": "=" + self._name(image.pixmap, "pixmap", f"{where}.pixmap"),
        }
        if image.weight is not None:
            named["weight_map"] = "=" + self._name(image.weight, "weight", f"{where}.weight")
        if image.dq is not None:
            named["dq"] = "=" + self._name(image.dq, "dq", f"{where}.dq")
        if image.variance is not None:
            planes = [
                "None" if one is None else self._name(one, "variance", f"{where}.variance[{k}]")
                for k, one in enumerate(image.variance)
            ]
            named["data2"] = f"=[{', '.join(planes)}]"
        changed = changed_fields(image)
        if "weight_scale" in changed:
            changed["wht_scale"] = changed.pop("weight_scale")
        return arguments(named | changed)

    def _extension(self, request: ExtensionRequest) -> list[str]:
        named: dict[str, Any] = {}
        for name, value in request.arguments:
            if isinstance(value, tuple):
                given = [self._name(one, name, name) for one in value]
                named[name] = f"=[{', '.join(given)}]"
            elif isinstance(value, np.ndarray):
                named[name] = "=" + self._name(value, name, name)
            else:
                named[name] = value
        line = f"cdrizzle.{request.function}({arguments(named)})"
        if request.repeat == 1:
            return [line]
        return [f"for _ in range({request.repeat}):", "    try:", f"        {line}",
                "    except Exception as error:", "        print(error)"]  # fmt: skip

    def _blot(self, request: BlotRequest) -> str:
        named: dict[str, Any] = {
            "data": "=" + self._name(request.data, "data", "data"),
            "pixmap": "=" + self._name(request.pixmap, "pixmap", "pixmap"),
            "interp": request.interp.replace("lan", "lanczos")
            if request.interp in ("lan3", "lan5")
            else request.interp,
        }
        if request.fillval != 0.0:
            named["fillval"] = request.fillval
        if request.iscale * request.exptime != 1.0:
            named["iscale"] = request.iscale * request.exptime
        return f"out = blot_image({arguments(named)})"


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


class DrizzlepacCalls(_Base):
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


CALLS: dict[str, Any] = {"drizzle": DrizzleCalls, "drizzlepac": DrizzlepacCalls}
"""Name of a core to the form of its calls."""
