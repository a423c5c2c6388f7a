"""What holds for every test of this folder."""

import gc


def pytest_collection_finish(session):
    """What collection made stays: the collector of garbage, which walks through all of it, looks there no more, and
    comes by more seldom.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
