"""
A torus, coloured by its Gaussian curvature
===========================================

Positive outside, negative inside, zero on the two circles between.
"""

import chentsov as ch
import matplotlib.pyplot as plt
import numpy as np

u = np.linspace(0, 2 * np.pi, 60)
K = ch.models.surfaces.torus().on_grid({"u": u, "v": u}, ["ricci_scalar"], constants={"R": 2, "r": 1}).ricci_scalar / 2
U, V = np.meshgrid(u, u, indexing="ij")
axes = plt.figure().add_subplot(projection="3d", box_aspect=(3, 3, 1))
colours = plt.cm.RdBu_r(0.5 + K.transpose("u", "v").values / 2)
axes.plot_surface((2 + np.cos(V)) * np.cos(U), (2 + np.cos(V)) * np.sin(U), np.sin(V), facecolors=colours)
plt.show()
