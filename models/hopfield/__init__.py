"""Hopfield networks: neurons with an activation, and the Hessian geometry that the activation induces.

C_i u̇_i = −u_i/R_i + Σ_j W_ij v_j + J_i with v_i = σ(u_i) (J. J. Hopfield, PNAS 81, 3088, 1984). The convex potential
ψ(u) = Σ C_i ∫σ makes the space of states a Hessian manifold in which, for symmetric weights, this is the gradient flow
of the energy (Halder, Caluya, Travacca & Moura, arXiv:1908.01270; S. Goto, arXiv:1904.12734).
"""

from .activations import ACTIVATIONS, Activation, activation
from .memory import AssociativeMemory, hebbian
from .network import Hopfield
from .numeric import HopfieldNumbers

__all__ = ["ACTIVATIONS", "Activation", "AssociativeMemory", "Hopfield", "HopfieldNumbers", "activation", "hebbian"]
