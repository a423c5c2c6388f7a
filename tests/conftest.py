"""What holds for every test of this folder."""

import gc
import os

# JAX compiles small functions that run once: time for their optimisation does not come back.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")


def pytest_collection_finish(session):
    """What collection made stays: the collector of garbage, which walks through all of it, looks there no more, and
    comes by more seldom.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
