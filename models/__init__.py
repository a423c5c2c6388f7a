"""The systems people study, one file a model or a family of models.

Everything is loaded on first use, so that ``import chentsov`` stays light.
"""

from importlib import import_module

# Public name -> the module that holds it; a module's own name maps to itself.
_HOMES: dict[str, str] = {
    "datasets": "datasets",
    "decision_boundary": "datasets",
    "flows": "flows",
    "Hopfield": "hopfield",
    "hopfield": "hopfield",
    "LabelledPoints": "datasets",
    "families": "families",
    "gibbs": "gibbs",
    "neuron": "neuron",
    "TwoWeightNeuron": "neuron",
    "networks": "networks",
    "DenseNetwork": "networks",
    "spacetimes": "spacetimes",
    "surfaces": "surfaces",
}


def __getattr__(name: str):
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{home}")
    value = module if name == home else getattr(module, name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(set(globals()) | set(_HOMES))
