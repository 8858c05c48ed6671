"""The isolated worker: a core in a process of its own, in any Python environment.

`Worker(core="drizzle").perform(request)` answers every request with a `Reply`, also where the core
dies, hangs, or asks for all memory; see `harness.cores.worker.worker.Worker`.

How it works
------------
The parent starts one process with the interpreter of the core's environment. That *nursery* imports
the core once and then forks the process that serves requests; when this one dies, the nursery forks
the next in milliseconds, however long the core takes to import. Requests and replies are JSON over
a socket, arrays lie in anonymous shared memory (`harness.cores.worker.arena`), each between canary
zones. The nursery kills what it forked when the parent is gone, and nothing has a name in a file
system, so nothing is left over.

The zones, and what memory allocators hand out, hold one of two fillings. A request is performed
with the first; performed again at once (the same object) it meets the other one, so a result that
depends on memory beside the arrays, or on memory that was never set, differs.

How to add a core, or an old release of one
-------------------------------------------
The files in `child/` run inside the core's environment, where `harness` is not installed: they
import the standard library, numpy and their core only, keep to the syntax of Python 3.9, and are
loaded by their paths. A file `child/calls_NAME.py` speaks for the core NAME:

``load(session)``
    Returns an object for the installed release. Several interfaces of one core are several
    classes, and `load` chooses by asking the core (`inspect.signature`, `hasattr`), not by its
    version. ImportError where the core is not there, or is of no known interface.
``.version`` : str
    Of the installed release.
``.drizzle(request, reply)`` and ``.blot(request, reply)``
    `request` has the fields of `harness.cores.request.DrizzleRequest` or `BlotRequest` (as simple
    namespaces). They fill the dict `reply` with those of `harness.cores.request.Reply` that they
    know ("sci", "wht", "ctx", "dq", "variance", "returned", "attributes"), in a `finally` clause
    where a call may fail half-way. What the core raises passes through.
``.files(request, reply)``, where the core is a pipeline on files
    `request` has the fields of `harness.cores.request.FilesRequest`.
``.extension(request, reply)``, where the core has an extension module that others call, too
    `request` has the fields of `harness.cores.request.ExtensionRequest`; see `child/extension.py`.
``session.unsupported("iscale")``
    Raises what becomes the outcome "unsupported": the release has no such argument. To be called
    before the core, and only for arguments that differ from their defaults.
``session.guard(array)``
    Returns the array in new memory between canary zones: for outputs that the adapter allocates.
``session.guard_module(module)``
    Guards what a Python module of the core allocates by `np.zeros`, `np.full` and the like.

A core "package.module:attribute" that keeps the protocol `harness.cores.protocol.DrizzleCore` needs
no file: `child/calls_protocol.py` speaks for all of them.
"""

from harness.cores.worker.worker import Worker

__all__ = ["Worker"]
