import weakref

from harness.trials.latest import keep_latest


class Image:
    """Something large."""


def test_the_last_result_is_kept_and_the_one_before_is_gone_first() -> None:
    """Who asks again gets the same; who asks for another does not hold both."""
    made = []

    @keep_latest
    def make(name, *, size=1):
        assert all(one() is None for one in made), "the result before is still there"
        image = Image()
        made.append(weakref.ref(image))
        return image

    first = make("a")
    assert make("a") is first
    del first
    make("b", size=2)
    assert len(made) == 2
    make("a")
    assert len(made) == 3
    make.make_room("a")
    assert made[2]() is not None
    make.make_room("b")
    assert made[2]() is None
    make("c")
    make.cache_clear()
    assert made[3]() is None
