"""A real archive on loopback, and real frames to read and to break."""

import http.server
import io
import os
import re
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from harness.frames.archive import ARCHIVE_VARIABLE, CACHE_VARIABLE
from harness.frames.locate import FOLDER_VARIABLE, find_in_package
from harness.frames.manifest import load_manifest


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What the server does wrong in one answer.

    Attributes
    ----------
    status : answer with this status and nothing else.
    cut : close the connection after so many bytes of the body.
    hang : stop for so many seconds in the middle of the body.
    tells_size : whether Content-Length is sent.
    ranges : whether Range is obeyed.
    replaces : bytes to hand out instead of the product.
    shift : bytes by which a 206 answer starts elsewhere than it was asked to.
    """

    status: int = 0
    cut: int | None = None
    hang: float = 0.0
    tells_size: bool = True
    ranges: bool = True
    replaces: bytes | None = None
    shift: int = 0


@dataclass
class Archive:
    """Products by URI, faults for the coming answers, and a log of the requests."""

    products: dict[str, bytes] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    always: Fault = Fault()
    fault: type[Fault] = Fault
    validators: bool = True
    log: list[tuple[str, int]] = field(default_factory=list)
    wake: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def etag(self, body: bytes) -> str:
        """Return the entity tag of a product: another one for other bytes."""
        return f'"{hash(body) & 0xFFFFFFFF:x}"'


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers GET ?uri=... as an archive does: ranges, If-Range, entity tags."""

    archive: Archive

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of the base class
        """Keep the output of the tests clean."""

    def do_GET(self) -> None:
        """Answer with the product, or with the next fault."""
        archive = self.archive
        fault = archive.faults.pop(0) if archive.faults else archive.always
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        body = fault.replaces or archive.products.get(query["uri"][0])
        asked = self.headers.get("Range", "")
        status = fault.status or (404 if body is None else 200)
        if status != 200 or body is None:
            archive.log.append((asked, status))
            self.send_error(status)
            return
        start = 0
        match = re.fullmatch(r"bytes=(\d+)-", asked)
        current = self.headers.get("If-Range", archive.etag(body)) == archive.etag(body)
        if match and fault.ranges and current:
            start = int(match[1])
            if start >= len(body):
                archive.log.append((asked, 416))
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(body)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status, start = 206, start + fault.shift
        archive.log.append((asked, status))
        self.send_response(status)
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if fault.tells_size:
            self.send_header("Content-Length", str(len(body) - start))
        if archive.validators:
            self.send_header("ETag", archive.etag(body))
        self.end_headers()
        sent = body[start:] if fault.cut is None else body[start:][: fault.cut]
        half = len(sent) // 2
        self.wfile.write(sent[:half])
        if fault.hang:
            self.wfile.flush()
            archive.wake.wait(fault.hang)
        try:
            self.wfile.write(sent[half:])
        except (BrokenPipeError, ConnectionResetError):
            return  # the client gave up during a hang, as it should


@pytest.fixture
def archive() -> Iterator[Archive]:
    """Serve an archive on loopback."""
    content = Archive()
    handler = type("BoundHandler", (Handler,), {"archive": content})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    content.url = f"http://127.0.0.1:{server.server_port}/Download/file"
    yield content
    content.wake.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test its own cache, no folder of frames, and no way to the real archive."""
    folder = tmp_path / "cache"
    monkeypatch.setenv(CACHE_VARIABLE, str(folder))
    monkeypatch.setenv(ARCHIVE_VARIABLE, "http://127.0.0.1:9/closed")
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    return folder / "frames"


@pytest.fixture(scope="session")
def product() -> bytes:
    """Return a whole FITS file of about 200 kB that does not repeat itself."""
    from astropy.io import fits

    image = np.random.default_rng(1).normal(size=(220, 220)).astype(np.float32)
    stream = io.BytesIO()
    fits.PrimaryHDU(image).writeto(stream)
    return stream.getvalue()


REAL_FOLDER = os.environ.get(FOLDER_VARIABLE, "")


@pytest.fixture(scope="session")
def real_folder() -> Path:
    """Return the folder of real frames that the environment names."""
    if not REAL_FOLDER:
        pytest.skip(f"{FOLDER_VARIABLE} names no folder of real frames")
    return Path(REAL_FOLDER)


@pytest.fixture(scope="session")
def packaged() -> Path:
    """Return the ACS/HRC exposure that spherical_geometry brings."""
    path = find_in_package(load_manifest("hrc-47tuc").frame[0])
    if path is None:
        pytest.skip("spherical_geometry is not installed (pip install drizzle-harness[drizzlepac])")
    return path


@pytest.fixture
def cut(packaged: Path, tmp_path: Path) -> Path:
    """Return a 40x60 cut of the real exposure, all headers kept, to be broken."""
    from astropy.io import fits

    path = tmp_path / "j8bt06nyq_flt.fits"
    with fits.open(packaged) as hdus:
        for hdu in hdus[1:]:
            hdu.data = hdu.data[500:540, 500:560].copy()
        hdus.writeto(path)
    return path
