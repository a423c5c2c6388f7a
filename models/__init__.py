"""The systems people study, one file a model or a family of models.

Everything is loaded on first use, so that ``import chentsov`` stays light.
"""

import lazy_loader

# The module that holds each public name; it is loaded when the name is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "activations",
        "datasets",
        "families",
        "flows",
        "gibbs",
        "hopfield",
        "losses",
        "model",
        "networks",
        "neuron",
        "spacetimes",
        "surfaces",
    ],
    submod_attrs={
        "datasets": ["decision_boundary", "LabelledPoints", "Rows"],
        "hopfield": ["Hopfield"],
        "model": ["Model"],
        "neuron": ["Neuron", "TwoWeightNeuron"],
        "networks": ["DenseNetwork"],
        "numeric_network": ["NumericNetwork"],
        "network_training": ["Schedule", "train_network"],
        "images": ["Images", "digits", "read_images"],
    },
)
