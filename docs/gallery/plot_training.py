"""
Loss and curvature while a neuron learns
========================================

Every quantity of a model is followed along the path of its training.
"""

import chentsov as ch
import matplotlib.pyplot as plt

neuron = ch.models.TwoWeightNeuron("mean_power", data=ch.models.decision_boundary(200, seed=0))
path = neuron.train(steps=150, quantities=["loss", "ricci_scalar"])
figure, (above, below) = plt.subplots(2, sharex=True)
path.loss.plot(ax=above)
path.ricci_scalar.plot(ax=below)
plt.show()
