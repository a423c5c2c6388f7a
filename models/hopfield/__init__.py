"""Hopfield networks: neurons with an activation, and the Hessian geometry that the activation induces.

C_i u̇_i = −u_i/R_i + Σ_j W_ij v_j + J_i with v_i = σ(u_i) (J. J. Hopfield, PNAS 81, 3088, 1984). The convex potential
ψ(u) = Σ C_i ∫σ makes the space of states a Hessian manifold in which, for symmetric weights, this is the gradient flow
of the energy (Halder, Caluya, Travacca & Moura, arXiv:1908.01270; S. Goto, arXiv:1904.12734).
"""

from .activations import ACTIVATIONS, Activation, activation
from .cohen_grossberg import CohenGrossberg, indefinite_gradient_flow, symmetriser, wilson_cowan
from .descent import descents, mirror_step, natural_gradient_step
from .lagrangians import Lagrangian, LagrangianNetwork, ghostmax, layer_norm, softmax, spherical_norm
from .memory import AssociativeMemory, DenseAssociativeMemory, hebbian
from .network import Hopfield
from .numeric import HopfieldNumbers
from .reading import MeanFunction, mean_function

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "AssociativeMemory",
    "CohenGrossberg",
    "DenseAssociativeMemory",
    "Hopfield",
    "HopfieldNumbers",
    "Lagrangian",
    "LagrangianNetwork",
    "MeanFunction",
    "activation",
    "descents",
    "ghostmax",
    "hebbian",
    "indefinite_gradient_flow",
    "layer_norm",
    "mean_function",
    "mirror_step",
    "natural_gradient_step",
    "softmax",
    "spherical_norm",
    "symmetriser",
    "wilson_cowan",
]
