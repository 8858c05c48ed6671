"""A build backend that needs nothing but a C compiler, so that the tests need no network."""

import os
import subprocess
import sysconfig
import zipfile
from pathlib import Path

NAME = "tinycore-1.0"
METADATA = "Metadata-Version: 2.1\nName: tinycore\nVersion: 1.0\n"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Compile the extension in two steps and pack it with the package."""
    compiler = os.environ.get("CC", "cc")
    include = sysconfig.get_paths()["include"]
    made = Path("build")
    made.mkdir(exist_ok=True)
    objects = []
    for source in ("src/tiny.c", "src/module.c"):
        objects.append(str(made / (Path(source).stem + ".o")))
        options = ["-O2", "-g", "-fPIC", f"-I{include}", "-Isrc"]
        subprocess.run([compiler, *options, "-c", source, "-o", objects[-1]], check=True)
    library = f"_tiny{sysconfig.get_config_var('EXT_SUFFIX')}"
    subprocess.run([compiler, "-shared", *objects, "-o", str(made / library)], check=True)
    wheel = "tinycore-1.0-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / wheel, "w") as archive:
        archive.write(made / library, f"tinycore/{library}")
        archive.write("tinycore/__init__.py")
        archive.write("tinycore/tests/test_tiny.py")
        archive.writestr(f"{NAME}.dist-info/METADATA", METADATA)
        archive.writestr(
            f"{NAME}.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\nTag: py3-none-any\n",
        )
        archive.writestr(f"{NAME}.dist-info/RECORD", "")
    return wheel
