"""
The gamma family turns into the normal family
=============================================

R depends on the shape alone. It falls from −1/2 to −1, the curvature of the normal family.
"""

import chentsov as ch
import matplotlib.pyplot as plt
import numpy as np

family = ch.models.families.gamma()
grid = family.on_grid({"kappa": np.geomspace(0.05, 50, 200), "m": 1.0}, ["ricci_scalar"], rtol=1e-10)
grid.ricci_scalar.squeeze().plot(xscale="log")
plt.show()
