"""
The curvature of a neuron over its weights
==========================================

R is near zero over most of the plane, and falls steeply along the direction in which training goes.
"""

import chentsov as ch
import matplotlib.pyplot as plt
import numpy as np

axis = np.linspace(-2, 2, 161)
neuron = ch.models.TwoWeightNeuron("cross_entropy", data=ch.models.decision_boundary(200, seed=0))
grid = neuron.on_grid({"theta_1": axis, "theta_2": axis}, ["ricci_scalar"])
grid.ricci_scalar.plot(x="theta_1", cmap="RdBu_r", robust=True, center=0)
plt.show()
