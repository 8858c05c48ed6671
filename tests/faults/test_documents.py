"""The matrix in the documentation has the faults and the checks that there are."""

import re
from pathlib import Path

from harness.faults.core import FAULTS
from harness.faults.table import list_checks

PAGE = Path(__file__).parents[2] / "docs" / "fault-matrix.md"
AGAIN = (
    "write it anew: drizzle-harness faults --core oracle --core drizzle --core drizzlepac "
    "--core astrodrizzle --markdown docs/fault-matrix.md"
)


def test_the_page_has_all_faults_and_checks():
    """Faults, their statements and the columns are those of the code."""
    text = PAGE.read_text(encoding="utf-8")
    columns = re.findall(r"^\d+\. `(.*)`$", text, flags=re.MULTILINE)
    assert columns == list(list_checks()), AGAIN
    for name, fault in FAULTS.items():
        assert f"| `{name}` | {fault.statement} |" in text, AGAIN


def test_the_page_shows_every_fault_caught_on_a_real_core():
    """Each fault is caught on a real core, none is missed, no check is blamed wrongly."""
    text = PAGE.read_text(encoding="utf-8")
    real = text.partition("\n## drizzle ")[2]
    caught = set(re.findall(r"^\| `(.*?)` \| CAUGHT", real, flags=re.MULTILINE))
    assert caught == set(FAULTS), AGAIN
    assert not re.search(r"^\| `.*?` \| (MISSED|UNRELATED)", text, flags=re.MULTILINE)
    assert "✗ |" not in text
