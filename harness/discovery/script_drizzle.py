"""Calls of the drizzle package in scripts."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.cores.request import BlotRequest, ExtensionRequest, RawImage
from harness.discovery.finding import Finding
from harness.discovery.literal import changed_fields
from harness.discovery.script_base import MANY, NamedCalls, arguments


class DrizzleCalls(NamedCalls):
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
