"""A core in pure Python for wheels: the point kernel alone, and a version of it that is wrong."""

SOURCE = """
import numpy as np

class Core:
    name = "tinycore"
    version = "{version}"
    capabilities = {{"kernels": {{"point"}}, "flux_conserving": {{"point"}}, "context": True,
                     "units": {{"cps", "counts"}}}}

    def drizzle(self, exposures, params):
        if params.kernel != "point":
            raise ValueError("the point kernel alone, not " + params.kernel)
        ny, nx = params.grid.shape
        wht, sum_ = np.zeros((ny, nx)), np.zeros((ny, nx))
        ctx = np.zeros(((len(exposures) - 1) // 32 + 1, ny, nx), np.int32)
        for number, one in enumerate(exposures):
            with np.errstate(invalid="ignore"):
                place = np.floor(np.nan_to_num(one.pixmap, nan=-9.0) + 0.5).astype(int)
            x, y = place[..., 0], place[..., 1]
            weight = np.where(np.isfinite(one.weight_map), one.weight_map, 0).astype(float)
            data = one.data / (one.exptime if one.in_units == "counts" else 1.0)
            good = (x >= 0) & (x < nx) & (y >= 0) & (y < ny) & (weight != 0)
            np.add.at(wht, (y[good], x[good]), weight[good])
            np.add.at(sum_, (y[good], x[good]), (weight * data)[good])
            bit = np.uint32(1 << number % 32).astype(np.int32)
            ctx[number // 32][y[good], x[good]] |= bit
        fill = np.nan if params.fillval is None else params.fillval
        with np.errstate(all="ignore"):
            sci = np.where(wht != 0, sum_ / wht, fill)
        {wrong}
        return {{"sci": sci.astype(np.float32), "wht": wht.astype(np.float32), "ctx": ctx}}
"""
WRONG = {
    "": "pass",
    "weight": "wht *= 1.001",
    "crash": "import os; os.abort() if nx > 40 else None",
}


def source(version: str, wrong: str = "") -> str:
    """Return the module of a version."""
    return SOURCE.format(version=version, wrong=WRONG[wrong])
