"""Swapping models while others score, without a database."""

import threading

from scoring.serving.loaded import NO_MODELS, Loaded, ModelsInUse
from scoring.serving.patience import IN_A_ROW, REST_SECONDS, SLOW_SECONDS, Patience
from scoring.serving.registry import Registry


class Loader:
    """Loads what is asked for; the second time it waits until told."""

    def __init__(self, detector=object()):  # noqa: B008
        self.asked = []
        self.may_go_on = threading.Event()
        self.waits = threading.Event()
        self.detector = detector

    def __call__(self, revision):
        self.asked.append(revision)
        if len(self.asked) == 2:
            self.waits.set()
            assert self.may_go_on.wait(10)
        return ModelsInUse(revision, Loaded(f"v{revision}", 0, self.detector))


def test_without_a_revision_there_are_no_models():
    loader = Loader()
    registry = Registry(loader)

    assert registry.models_for(None) is registry.models_for(0) is NO_MODELS
    assert loader.asked == []


def test_models_are_loaded_once_a_revision():
    loader = Loader()
    registry = Registry(loader)

    assert [registry.models_for(3).champion.version for _ in range(3)] == ["v3"] * 3
    assert loader.asked == [3]


def test_others_go_on_with_the_old_models_while_new_ones_load():
    loader = Loader()
    registry = Registry(loader)
    registry.models_for(1)
    first = threading.Thread(target=registry.models_for, args=(2,))
    first.start()
    assert loader.waits.wait(10)

    assert registry.models_for(2).revision == 1

    loader.may_go_on.set()
    first.join(10)
    assert registry.models_for(2).revision == 2
    assert loader.asked == [1, 2]


def test_a_revision_read_before_the_swap_gets_the_newer_models():
    registry = Registry(Loader())
    registry.models_for(5)

    assert registry.models_for(4).revision == 5


def test_a_model_that_did_not_load_is_tried_again_but_not_at_once():
    loader = Loader(detector=None)
    loader.may_go_on.set()
    registry = Registry(loader)

    registry.models_for(1)
    registry.models_for(1)
    assert loader.asked == [1]

    registry._retry_at = 0.0
    registry.models_for(1)
    assert loader.asked == [1, 1]


def test_patience_ends_after_several_slow_answers_in_a_row_and_comes_back():
    now = [0.0]
    patience = Patience(now=lambda: now[0])
    slow = 2 * SLOW_SECONDS

    for _ in range(IN_A_ROW - 1):
        assert not patience.note(slow)
    assert not patience.note(0.0), "a quick one forgives the slow"
    ended = [patience.note(slow) for _ in range(IN_A_ROW)]

    assert ended == [False] * (IN_A_ROW - 1) + [True]
    assert patience.rests
    now[0] = REST_SECONDS + 1
    assert not patience.rests
