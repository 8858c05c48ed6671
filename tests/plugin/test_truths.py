"""`--truths DIR` of the gate: the folder fills once, and the verdicts stay the same."""


def test_truths_are_kept_and_found(run_gate, tmp_path):
    """A second run, in a process of its own, keeps nothing new and judges as the first."""
    folder = tmp_path / "truths"
    wanted = ("--core", "acting:Sound", "--truths", str(folder))
    first = run_gate(*wanted)
    kept = sorted(folder.iterdir())
    assert kept
    again = run_gate(*wanted, "-n", "1")
    assert sorted(folder.iterdir()) == kept
    assert first.code == again.code == 0
    assert first.verdicts("sound") == again.verdicts("sound")
