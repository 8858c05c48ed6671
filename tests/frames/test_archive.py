"""Downloads against a real HTTP server that misbehaves in every way that servers do."""

import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.errors import FrameError
from harness.frames.archive import (
    ARCHIVE_VARIABLE,
    CACHE_VARIABLE,
    Product,
    fetch_product,
    find_in_cache,
)
from harness.frames.transfer import Patience

URI = "mast:HST/product/ib1f19l6q_flt.fits"
QUICK = Patience(connect=2.0, read=0.3, attempts=3, backoff=0.01)


@pytest.fixture
def place(cache: Path) -> Path:
    """Return where the product ends up in the cache."""
    return cache / "HST/product/ib1f19l6q_flt.fits"


@pytest.fixture
def served(archive: Any, product: bytes) -> Any:
    """Return the archive with the product in it."""
    archive.products[URI] = product
    return archive


def fetch(archive: Any, **options: Any) -> Product:
    """Download the product with little patience."""
    return fetch_product(URI, base_url=archive.url, patience=QUICK, **options)


def beside(place: Path, suffix: str) -> Path:
    """Return the file beside the product with a longer name."""
    return place.with_name(place.name + suffix)


def sha(body: bytes) -> str:
    """Return the checksum of some bytes."""
    return hashlib.sha256(body).hexdigest()


def test_whole_product_arrives(served: Any, product: bytes, place: Path) -> None:
    """A download leaves the product and no partial file, and the second use asks nothing."""
    first = fetch(served, sha256=sha(product))
    assert first.path == place
    assert place.read_bytes() == product
    assert first.sha256 == sha(product)
    assert not first.first_use
    assert not list(place.parent.glob("*.part*"))
    assert fetch(served, sha256=sha(product)).path == place
    assert served.log == [("", 200)]
    assert find_in_cache(URI) == place


def test_truncated_body_is_resumed(served: Any, product: bytes, place: Path) -> None:
    """After a body cut short, the next try asks only for the rest."""
    served.faults = [served.fault(cut=70_000)]
    fetch(served, sha256=sha(product))
    assert place.read_bytes() == product
    assert served.log == [("", 200), ("bytes=70000-", 206)]


def test_partial_file_outlives_the_failure(served: Any, product: bytes, place: Path) -> None:
    """Where the server stays down after a cut, the part is kept and a later run resumes it."""
    served.faults = [served.fault(cut=70_000)]
    served.always = served.fault(status=503)
    with pytest.raises(FrameError, match=r"503.*70000 bytes are kept in .*part"):
        fetch(served, sha256=sha(product))
    part = beside(place, ".part")
    assert part.read_bytes() == product[:70_000]
    assert not place.exists()
    served.always = served.fault()
    fetch(served, sha256=sha(product))
    assert place.read_bytes() == product
    assert served.log[-1] == ("bytes=70000-", 206)


def test_wrong_checksum_is_refused(served: Any, product: bytes, place: Path) -> None:
    """A product that is not what the manifest says is kept aside and never used."""
    with pytest.raises(FrameError) as caught:
        fetch(served, sha256="0" * 64)
    assert sha(product) in str(caught.value)
    assert "0" * 64 in str(caught.value)
    assert not place.exists()
    assert beside(place, ".rejected").read_bytes() == product


def test_first_use_is_recorded_and_then_verified(served: Any, product: bytes, place: Path) -> None:
    """Without a known checksum the first download sets it, and a change is seen later."""
    assert fetch(served).first_use
    assert beside(place, ".sha256").read_text() == f"{sha(product)}  {place.name}\n"
    assert not fetch(served).first_use
    damaged = bytearray(product)
    damaged[5000] ^= 1
    place.write_bytes(damaged)
    with pytest.raises(FrameError, match="the record of the first download"):
        fetch(served)
    place.unlink()
    served.products[URI] = bytes(damaged)
    with pytest.raises(FrameError, match=r"sha256 of the download is .* the record"):
        fetch(served)


def test_first_use_must_be_fits(served: Any, place: Path) -> None:
    """A page instead of the product is not trusted, though the server says 200."""
    served.products[URI] = b"<html>The archive is down for maintenance.</html>"
    with pytest.raises(FrameError, match="not a FITS file"):
        fetch(served)
    assert not place.exists()
    assert not beside(place, ".sha256").exists()
    assert b"maintenance" in beside(place, ".rejected").read_bytes()


def test_cut_without_size_is_seen_and_resumed(served: Any, product: bytes, place: Path) -> None:
    """A server that tells no size and breaks off yields no trusted file; the part is resumed."""
    served.faults = [served.fault(cut=70_000, tells_size=False)]
    with pytest.raises(FrameError, match="did not tell the size"):
        fetch(served)
    assert beside(place, ".part").read_bytes() == product[:70_000]
    fetch(served)
    assert place.read_bytes() == product
    assert served.log[-1] == ("bytes=70000-", 206)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_refusal_is_not_repeated(served: Any, status: int) -> None:
    """A no of the server is an error at once, with the address and what to do."""
    served.always = served.fault(status=status)
    with pytest.raises(FrameError, match=rf"{URI}: the server answered {status} ") as caught:
        fetch(served)
    assert len(served.log) == 1
    assert caught.value.remedy


def test_unknown_product_is_404(archive: Any) -> None:
    """A name that the archive does not have is told as such."""
    with pytest.raises(FrameError, match="404"):
        fetch(archive)


def test_busy_server_is_asked_again(served: Any, product: bytes, place: Path) -> None:
    """After 503 and 429 the product still arrives."""
    served.faults = [served.fault(status=503), served.fault(status=429)]
    fetch(served, sha256=sha(product))
    assert place.read_bytes() == product
    assert [status for _, status in served.log] == [503, 429, 200]


def test_endless_failure_ends(served: Any) -> None:
    """Tries that bring nothing are counted and end in an error."""
    served.always = served.fault(status=500)
    with pytest.raises(FrameError, match="failed 3 times in a row"):
        fetch(served)
    assert len(served.log) == 3


def test_server_that_is_not_there_is_told_in_words(cache: Path) -> None:
    """Without a connection the innermost reason is told, and what to do without the archive."""
    with socket.socket() as nobody:
        # Bound and not listening: nobody else can take the port, and it refuses.
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(FrameError, match=r"in a row \(Connection refused\)") as caught:
            fetch_product(URI, base_url=url, patience=QUICK)
    assert "--frames-dir" in caught.value.remedy


def test_progress_renews_the_patience(served: Any, product: bytes, place: Path) -> None:
    """A server that breaks off more often than the tries allow still delivers."""
    served.always = served.fault(cut=30_000)
    fetch(served, sha256=sha(product))
    assert place.read_bytes() == product
    assert len(served.log) > QUICK.attempts


def test_hang_ends_by_the_time_limit(served: Any, product: bytes, place: Path) -> None:
    """A server that falls silent is left, and the rest is asked for again."""
    served.faults = [served.fault(hang=5.0)]
    fetch(served, sha256=sha(product))
    assert place.read_bytes() == product
    assert served.log[1][0].startswith("bytes=")


def test_endless_hang_ends(served: Any, place: Path) -> None:
    """A server that always falls silent before the first byte ends in an error."""
    served.always = served.fault(hang=5.0, cut=1)
    with pytest.raises(FrameError, match=r"(?i)timed out"):
        fetch(served)
    assert not place.exists()


def test_closed_port_is_an_error() -> None:
    """Where nothing listens, the error names the address."""
    with pytest.raises(FrameError, match=r"127\.0\.0\.1:9/closed.*failed 3 times"):
        fetch_product(URI, patience=QUICK)


def test_ignored_range_is_handled(served: Any, product: bytes, place: Path) -> None:
    """A server that answers a range with the whole product yields the product, not a splice."""
    served.faults = [served.fault(cut=70_000), served.fault(ranges=False)]
    fetch(served, sha256=sha(product))
    assert place.read_bytes() == product
    assert served.log == [("", 200), ("bytes=70000-", 200)]


def test_ignored_range_loses_nothing(served: Any, product: bytes, place: Path) -> None:
    """Breaking off early while ignoring the range keeps what an earlier try had brought."""
    served.faults = [served.fault(cut=70_000), served.fault(ranges=False, cut=10_000)]
    served.always = served.fault(status=503)
    with pytest.raises(FrameError):
        fetch(served, sha256=sha(product))
    assert beside(place, ".part").read_bytes() == product[:70_000]


def test_changed_product_is_not_spliced(served: Any, product: bytes, place: Path) -> None:
    """A product replaced between two tries is downloaded anew (If-Range)."""
    other = product[:2880] + product[:2879:-1]
    served.faults = [served.fault(cut=70_000, replaces=other)]
    fetch(served)
    assert place.read_bytes() == product
    assert served.log == [("", 200), ("bytes=70000-", 200)]


def test_unmarked_change_is_seen_by_checksum(served: Any, product: bytes, place: Path) -> None:
    """Without entity tags a splice fails the checksum, and one download in a piece follows."""
    served.validators = False
    other = bytes(len(product))
    served.faults = [served.fault(cut=70_000, replaces=other)]
    fetch(served, sha256=sha(product))
    assert place.read_bytes() == product
    assert served.log == [("", 200), ("bytes=70000-", 206), ("", 200)]


def test_shifted_range_is_refused(served: Any, product: bytes, place: Path) -> None:
    """An answer that starts elsewhere than asked is not used, though no checksum is known."""
    served.faults = [served.fault(cut=70_000), served.fault(shift=100)]
    fetch(served)
    assert place.read_bytes() == product
    assert served.log == [("", 200), ("bytes=70000-", 206), ("", 200)]


def test_other_size_is_another_version(served: Any, product: bytes, place: Path) -> None:
    """Without entity tags, a product of another size is not joined to the part."""
    served.validators = False
    served.faults = [served.fault(cut=70_000, replaces=bytes(len(product) + 2880))]
    fetch(served)
    assert place.read_bytes() == product


def test_complete_part_is_accepted(served: Any, product: bytes, place: Path) -> None:
    """A part that has everything (a run killed before the rename) is verified and used."""
    place.parent.mkdir(parents=True)
    beside(place, ".part").write_bytes(product)
    fetch(served, sha256=sha(product))
    assert place.read_bytes() == product
    assert served.log == [(f"bytes={len(product)}-", 416)]


def test_overlong_part_is_dropped(served: Any, product: bytes, place: Path) -> None:
    """A part longer than the product cannot belong to it."""
    place.parent.mkdir(parents=True)
    beside(place, ".part").write_bytes(product + b"more")
    fetch(served, sha256=sha(product))
    assert place.read_bytes() == product


FETCHER = """
import sys
from harness.frames.archive import fetch_product
print("ready", flush=True)
sys.stdin.readline()
print(fetch_product(sys.argv[1], sha256=sys.argv[2]).sha256)
"""


def test_two_processes_download_once(served: Any, product: bytes, place: Path) -> None:
    """Two processes that want one product at one time make one request and both have it."""
    # The server stops half-way, so that the second process comes while the first downloads.
    served.faults = [served.fault(hang=1.0)]
    environment = {
        **os.environ, ARCHIVE_VARIABLE: served.url, CACHE_VARIABLE: str(place.parents[3])
    }  # fmt: skip
    command = [sys.executable, "-c", FETCHER, URI, sha(product)]
    processes = [
        subprocess.Popen(
            command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        answers = []
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [process.communicate(timeout=30)[0].strip() for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert answers == [sha(product)] * 2
    assert served.log == [("", 200)]
    assert place.read_bytes() == product


@pytest.mark.parametrize(
    "uri", ["ib1f19l6q_flt.fits", "mast:HST/../../x.fits", "mast:HST//x.fits", "mast:"]
)
def test_odd_names_never_leave_the_cache(uri: str) -> None:
    """A name that is no plain path below the cache is refused."""
    with pytest.raises(FrameError, match="not an archive name"):
        fetch_product(uri)


def test_offline_uses_only_the_cache(served: Any, product: bytes) -> None:
    """Offline, nothing is asked of the server."""
    with pytest.raises(FrameError, match="not in the cache"):
        fetch(served, offline=True)
    assert served.log == []
    fetch(served)
    assert fetch(served, offline=True).sha256 == sha(product)


def test_unusable_cache_is_named(
    served: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the cache is not a folder, the error names it and the variable."""
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv(CACHE_VARIABLE, str(file))
    with pytest.raises(FrameError, match=rf"{file}.*{CACHE_VARIABLE}"):
        fetch(served)
