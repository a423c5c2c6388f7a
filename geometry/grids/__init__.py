"""Quantities over grids: labelled, certified if asked for, with a reason wherever there is no number."""

from importlib import import_module

_HOMES = {"on_grid": "grid", "STATUS": "labels"}
__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_HOMES))
