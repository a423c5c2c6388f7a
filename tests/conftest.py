"""What holds for every test of this folder."""

import gc
import os

import pytest
from hypothesis import settings

# JAX compiles small functions that run once: time for their optimisation does not come back.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")

#: Of a property's examples the default run draws one in so many; `pytest -m "slow or not slow"` draws all.
SHARE = 3


def pytest_collection_modifyitems(config, items):
    """The default run draws fewer examples of each property, and five at the least."""
    if config.getoption("markexpr") == "not slow":
        for test in {item.function for item in items if isinstance(item, pytest.Function)}:
            own = getattr(test, "_hypothesis_internal_use_settings", None)
            if own is not None and own.max_examples > 5:
                test._hypothesis_internal_use_settings = settings(own, max_examples=max(5, own.max_examples // SHARE))


def pytest_collection_finish(session):
    """What collection made stays: the collector of garbage, which walks through all of it, looks there no more, and
    comes by more seldom.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
