import subprocess
import sys
import types

import pytest

from harness.cores.capability import capabilities_of
from harness.cores.registry import describe_cores, list_cores, load_core, prepare_core
from harness.errors import CoreError, UsageError
from harness.model import Capabilities


class Core:
    """A core that keeps the protocol without importing anything of the harness."""

    name = "third"
    version = "1.2"
    capabilities = {"kernels": ["square"], "flux_conserving": ["square"]}  # noqa: RUF012

    def drizzle(self, exposures, params):
        """Combine nothing."""


class NeedsArgument(Core):
    """A core that cannot be made without an argument."""

    def __init__(self, what):
        self.what = what


@pytest.fixture
def module(monkeypatch):
    """Give an importable module in which tests put third-party cores."""
    made = types.ModuleType("third_party_core")
    made.Core, made.instance, made.make = Core, Core(), lambda: Core()
    made.NeedsArgument = NeedsArgument
    made.nothing = 3
    monkeypatch.setitem(sys.modules, "third_party_core", made)
    return made


def test_list_names_the_registered_cores():
    """The four cores of the harness are registered."""
    assert {"oracle", "drizzlepac", "drizzle", "astrodrizzle"} <= set(list_cores())


def test_list_imports_no_core():
    """Listing costs no import of a core or of astropy."""
    code = (
        "import sys, harness.cores.registry as r; r.list_cores();"
        "print([m for m in ('drizzlepac', 'drizzle', 'astropy', 'scipy') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_unknown_name_lists_the_known():
    """An unknown name is a usage error that lists the names there are."""
    with pytest.raises(UsageError, match=r"astrodrizzle, drizzle, drizzlepac, .*oracle"):
        load_core("drizle")


@pytest.mark.parametrize("attribute", ["Core", "instance", "make"])
def test_third_party_core_loads(module, attribute):
    """A class, an instance and a function all serve as a core."""
    core = load_core(f"third_party_core:{attribute}")
    assert (core.name, core.version) == ("third", "1.2")
    assert capabilities_of(core) == Capabilities(
        kernels=frozenset({"square"}), flux_conserving=frozenset({"square"})
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("no_such_package:Core", "cannot be imported .*no_such_package"),
        ("third_party_core:Missing", "cannot be made .*Missing"),
        ("third_party_core:NeedsArgument", "cannot be made .*what"),
        ("third_party_core:nothing", "type 'int' has no attribute 'name'"),
    ],
)
def test_core_that_cannot_be_loaded(module, spec, message):
    """What cannot be imported or made is an error that names the core and says why."""
    with pytest.raises(CoreError, match=f"core {spec}: {message}"):
        load_core(spec)


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("name", "", "'name' is ''"),
        ("version", 3, "'version' is 3"),
        ("drizzle", None, "no method 'drizzle'"),
        ("capabilities", ["square"], "are a list"),
        ("capabilities", {"kernels": []}, "'flux_conserving' is missing"),
        ("capabilities", {"kernels": (), "flux_conserving": ()}, "has no kernels"),
        ("capabilities", {"kernels": "square", "flux_conserving": ()}, "kernels is 'square'"),
        ("capabilities", {"kernels": ["cube"], "flux_conserving": ()}, "kernels names 'cube'"),
        ("capabilities", {"kernels": ["point"], "flux_conserving": ["turbo"]}, "names 'turbo'"),
        ("capabilities", {"units": ["adu"]}, "units names 'adu'"),
        ("capabilities", {"weightings": ["none"]}, "weightings names 'none'"),
        ("capabilities", {"context": "yes"}, "context is 'yes'"),
        ("capabilities", {"colour": True}, "unknown field 'colour'"),
    ],
)
def test_broken_protocol(module, attribute, value, message):
    """Whatever breaks the protocol is an error that names the core and the field."""
    if isinstance(value, dict) and not {"kernels", "flux_conserving"} & set(value):
        value = Core.capabilities | value
    broken = type("Broken", (Core,), {attribute: value})
    module.broken = broken() if attribute == "drizzle" else broken
    with pytest.raises(CoreError, match=message):
        load_core("third_party_core:broken")


def test_slow_imports_wait_until_they_are_needed(module):
    """`prepare` of a core is called when it is loaded to be used, and its errors are told."""
    calls = []

    class Slow(Core):
        def prepare(self):
            calls.append(self.name)

    class Broken(Core):
        def prepare(self):
            raise ImportError("no libfoo")

    module.Slow, module.Broken = Slow, Broken
    load_core("third_party_core:Slow", prepare=False)
    assert calls == []
    load_core("third_party_core:Slow")
    assert calls == [Slow.name]
    broken = load_core("third_party_core:Broken", prepare=False)
    with pytest.raises(CoreError, match=f"core {broken.name} .*no libfoo"):
        prepare_core(broken)


def test_describe_tells_version_or_reason(module):
    """A core that loads is described; one that does not comes with the reason."""
    good, bad = describe_cores(("third_party_core:Core", "third_party_core:NeedsArgument"))
    assert (good.version, good.reason) == ("1.2", "")
    assert good.capabilities.kernels == {"square"}
    assert bad.version is None
    assert bad.capabilities is None
    assert "what" in bad.reason


def test_installed_cores_tell_their_version(in_memory_cores):
    """The version is that of the code that drizzles."""
    from importlib.metadata import version

    for package, core in in_memory_cores.items():
        assert core.version == version(package)
        assert capabilities_of(core).context


def test_unknown_generation_of_the_drizzle_package(monkeypatch):
    """A release of `drizzle` whose interface no adapter knows is named, with that interface."""
    from drizzle.resample import Drizzle

    def add_image(self, images, mapping):
        raise AssertionError("not to be called")

    monkeypatch.setattr("importlib.metadata.version", lambda package: "4.1.0")
    monkeypatch.setattr(Drizzle, "add_image", add_image)
    told = r"drizzle 4\.1\.0 is installed; its add_image has the parameters images, mapping, self"
    with pytest.raises(CoreError, match=told):
        load_core("drizzle")
