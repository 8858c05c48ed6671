"""Calls of `drizzlepac.cdriz` itself, whose mappings are made from what a request can hold.

Standard library and numpy only, Python 3.9; astropy where a mapping by WCS is asked for, which
cdriz imports anyway.
"""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

PREFIX = "cdriz."
LOGGER = "drizzlepac.cdriz"


def _raises(x: Any, y: Any) -> Any:
    raise ZeroDivisionError("the mapping fails")


BAD_MAPPINGS = {
    "raises": _raises,
    "one": lambda x, y: (x,),
    "three": lambda x, y: (x, y, x),
    "number": lambda x, y: 5.0,
    "text-x": lambda x, y: ("rubbish", y),
    "text-y": lambda x, y: (x, "rubbish"),
    "short-x": lambda x, y: (x[:-1], y),
    "short-y": lambda x, y: (x, y[:-1]),
    "no-function": 5,
}
"""What cdriz must refuse, by the name that stands in a request for it."""


def call(cdriz: Any, mapping: Any, session: Any, request: Any, reply: dict[str, Any]) -> None:
    """Call a function of cdriz by position.

    Parameters
    ----------
    cdriz : module
    mapping : callable
        Pixmap to mapping function.
    session : Session
    request : ExtensionRequest
        Its function is "cdriz.NAME"; "cdriz.map_by_wcs" makes a `DefaultWCSMapping` and calls it.
    reply : dict
    """
    name = request.function.partition(PREFIX)[2]
    functions = {"map_by_wcs": lambda *given: _map_by_wcs(cdriz, *given)}
    function = functions.get(name) or getattr(cdriz, name, None)
    if not request.function.startswith(PREFIX) or function is None:
        session.unsupported(request.function)
    arguments = [
        (one, _mapping(cdriz, mapping, value) if one == "mapping" else value)
        for one, value in request.arguments
    ]
    made = SimpleNamespace(
        function=request.function, arguments=arguments, repeat=getattr(request, "repeat", 1)
    )
    # astropy 6.1 leaves a hundred bytes behind with each WCS.
    aside = (
        (lambda: _make_wcs(*(value for _, value in arguments[:2])))
        if name == "map_by_wcs"
        else None
    )
    heard = _Heard()
    logger = logging.getLogger(LOGGER)
    before = logger.level, logger.propagate
    if made.repeat == 1:
        logger.addHandler(heard)
        logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        module = SimpleNamespace(**{request.function: function})
        session.load("extension").call(module, made, reply, aside)
    finally:
        logger.level, logger.propagate = before
        logger.removeHandler(heard)
        reply.setdefault("attributes", {})["log"] = heard.messages


def _mapping(cdriz: Any, mapping: Any, given: Any) -> Any:
    if isinstance(given, str):
        return BAD_MAPPINGS[given]
    if isinstance(given, (tuple, list)):
        return _wcs_mapping(cdriz, *given)
    return mapping(given)


def _map_by_wcs(cdriz: Any, *given: Any) -> Any:
    """Make a mapping of (first, second, nx, ny, factor) and call it with the positions behind."""
    return _wcs_mapping(cdriz, *given[:5])(*given[5:])


def _wcs_mapping(cdriz: Any, first: Any, second: Any, *others: Any) -> Any:
    return cdriz.DefaultWCSMapping(*_make_wcs(first, second), *others)


def _make_wcs(*headers: Any) -> Any:
    from astropy.io.fits import Header
    from astropy.wcs import WCS

    return [WCS(Header([tuple(card) for card in cards])) for cards in headers]


class _Heard(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self.messages.append(record.getMessage())
