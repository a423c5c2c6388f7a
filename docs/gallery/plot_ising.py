"""
The Ising chain: curvature grows with order
===========================================

R = 1 + cosh h / √(sinh² h + e^{-4b}): on the line h = 0 it grows like e^{2b}, as the correlation length does.
"""

import chentsov as ch
import matplotlib.pyplot as plt
import numpy as np

chain = ch.models.gibbs.ising_chain()
grid = chain.on_grid({"b": np.linspace(0, 1.2, 121), "h": np.linspace(-2, 2, 161)}, ["ricci_scalar"])
grid.ricci_scalar.plot.contourf(x="h", levels=24, cmap="viridis")
plt.show()
