"""Quantities over grids: labelled, certified if asked for, with a reason wherever there is no number."""

import lazy_loader

# The module that holds each public name; it is loaded when the name is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "grid": ["on_grid"],
        "store": ["StoreError", "store"],
        "sweep": ["sweep"],
        "labels": ["STATUS"],
    },
)
