"""Both sides, each in its worker, with what each can be asked and its convention."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

import numpy as np

from harness.cores.remote import RemoteCore
from harness.cores.remote_files import RemoteFileCore
from harness.cores.request import (
    BlotRequest,
    DrizzleRequest,
    RawImage,
    Reply,
    Request,
    make_pixmap,
)
from harness.cores.worker import Worker
from harness.discovery.subject import Subject
from harness.upgrade.environments import Environment

KNOWN_CORES = ("drizzle", "drizzlepac")
"""Packages whose calls the worker knows."""
PIPELINES = {"drizzlepac": "astrodrizzle"}
"""Core to the pipeline on files that comes with it."""
FILLINGS = tuple({"MALLOC_PERTURB_": value} for value in ("165", "90", "1", "255"))
"""What glibc fills memory with before it is handed out, in the further processes."""


def _unlike() -> Iterator[Request]:
    """Give requests that leave other numbers behind than most do."""
    data = np.full((9, 11), 12345.678, dtype=np.float32)
    for kernel in ("gaussian", "lanczos2", "square"):
        image = RawImage(
            data=data, pixmap=make_pixmap((9, 11)) * 0.77, weight=data, exptime=4321.5,
            in_units="counts", pixfrac=0.31, pixel_scale_ratio=1 / 0.77, weight_scale=0.017,
        )  # fmt: skip
        yield DrizzleRequest(images=(image,), kernel=kernel, shape=(8, 9), fillval=-98765.0)
    for interp in ("poly5", "lan5", "sinc"):
        yield BlotRequest(
            data=data, pixmap=make_pixmap((9, 11)) * 0.93, interp=interp, exptime=54321.0,
            sinscl=0.37,
        )  # fmt: skip


UNLIKE: tuple[tuple[Request, ...], ...] = (
    (),
    tuple(_unlike()),
    tuple(reversed(tuple(_unlike()))),
    tuple(_unlike())[:1],
)
"""What the further processes are asked before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One side as a process of any kind can open it.

    Attributes
    ----------
    label : str
        Package and version.
    core : str
        As `harness.cores.worker.Worker` takes it.
    name : str
        Of the core, as specifications and the corpus know it.
    version : str
    python : str
        Interpreter of its environment.
    """

    label: str
    core: str
    name: str
    version: str
    python: str


def part_of(environment: Environment, core: str = "") -> Part:
    """Return one side as it is opened in its environment.

    Parameters
    ----------
    environment : Environment
    core : str, optional
        "package.module:attribute" of a core that keeps the protocol; where not given, the package
        must be one of `KNOWN_CORES`.

    Raises
    ------
    UsageError
        If the package is none of them.
    """
    from harness.errors import UsageError

    package = environment.side.package
    if not core and package not in KNOWN_CORES:
        raise UsageError(
            f"nothing is known of how to call {package!r}",
            where=environment.label,
            allowed=f"{', '.join(KNOWN_CORES)}, or any package with --core module:attribute",
            remedy="Name the attribute that is, or makes, its core with --core",
        )
    return Part(
        label=environment.label,
        core=core or package,
        name=package,
        version=environment.side.version,
        python=str(environment.python),
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Opened:
    """One side with its worker running.

    Attributes
    ----------
    part : Part
    subject : Subject
        For requests and properties.
    core : RemoteCore
        For exposures and cases.
    pipeline : RemoteFileCore or None
        For files, where the package has a pipeline on them; started when it is asked.
    elsewhere : tuple of Worker
        Further processes of the same core, started when they are asked.
    """

    part: Part
    subject: Subject
    core: RemoteCore
    elsewhere: tuple[Worker, ...]
    pipeline: RemoteFileCore | None = None

    def perform_elsewhere(
        self, request: Request, *, thorough: bool = False, time_limit: float = 30.0
    ) -> Iterator[Reply]:
        """Perform a request in other processes, whose memory holds other values.

        What the core computes from its arguments is the same there, to the bit; what it reads from
        memory that was never set is not. The first process is new; the others have done something
        else just before, so that their stacks hold other numbers.

        Parameters
        ----------
        request : Request
        thorough : bool, optional
            Do so after each of several other requests, in every process.
        time_limit : float, optional
            Seconds for a request.
        """
        for worker, usual in zip(self.elsewhere, UNLIKE, strict=False):
            before = tuple((one,) for one in UNLIKE[1]) if thorough else (usual,)
            for some in before:
                for unlike in some:
                    worker.perform(unlike, time_limit=time_limit)
                # A copy, for the worker would give the same object other surroundings by itself.
                again = dataclasses.replace(request)
                yield self._in_convention(request, worker.perform(again, time_limit=time_limit))

    def perform(self, request: Request, *, time_limit: float = 30.0) -> Reply:
        """Perform a request; science values come back in the harness's convention.

        Drizzlepac, and `drizzle` before 2.2, multiply them by the square of the ratio of the pixel
        scales; the factor is undone where all images of the request share it.
        """
        return self._in_convention(request, self.subject.perform(request, time_limit=time_limit))

    def _in_convention(self, request: Request, reply: Reply) -> Reply:
        if isinstance(request, BlotRequest) or reply.sci is None or reply.wht is None:
            return reply
        ratios = {image.pixel_scale_ratio for image in request.images}
        ratio = ratios.pop() if len(ratios) == 1 else None
        if not self.subject.scales_science or ratio in (None, 1.0) or request.previous is not None:
            return reply
        sci = reply.sci.copy()
        np.divide(sci, np.float32(ratio) ** 2, out=sci, where=np.asarray(reply.wht != 0))
        return dataclasses.replace(reply, sci=sci)


@contextmanager
def open_pair(old: Part, new: Part) -> Iterator[tuple[Opened, Opened]]:
    """Start the workers of both sides.

    Raises
    ------
    CoreError
        If one does not start, or cannot drizzle nine pixels.
    """
    with ExitStack() as stack:
        opened = []
        for part in (old, new):
            worker = stack.enter_context(Worker(part.core, part.python))
            pipeline = None
            if part.core in PIPELINES:
                name = PIPELINES[part.core]
                files = stack.enter_context(closing(Worker(name, part.python)))
                pipeline = RemoteFileCore(files, name, part.version)
            others = tuple(
                stack.enter_context(closing(Worker(part.core, part.python, environment=filling)))
                for filling in FILLINGS
            )
            opened.append(
                Opened(
                    part=part,
                    subject=Subject(worker, part.name),
                    core=RemoteCore(worker, part.name, part.version),
                    elsewhere=others,
                    pipeline=pipeline,
                )
            )
        yield opened[0], opened[1]
