"""
Two neurons that want to agree
==============================

A Hopfield system slides down its energy; where the volume of states contracts, compressibility is negative.
"""

import chentsov as ch
import matplotlib.pyplot as plt
import numpy as np

pair = ch.models.Hopfield([[0, 3], [3, 0]], "tanh")
axis = np.linspace(-4, 4, 121)
grid = pair.on_grid({"u1": axis, "u2": axis}, ["compressibility_riemannian"])
grid.compressibility_riemannian.plot(x="u1", cmap="RdBu_r")
for start in np.random.default_rng(0).uniform(-4, 4, (14, 2)):
    path = pair.flow.trajectory(start, np.linspace(0, 8, 80))
    plt.plot(*path.position.T, "k", lw=0.7)
plt.show()
