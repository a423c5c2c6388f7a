# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A neuron with two weights, whole
#
# The second experiment of M. Sauter's thesis (section 5.2): one neuron $f=\sigma(5(\theta_1x+\theta_2y))$ learns on which side
# of the diagonal a point lies. With two weights everything can be drawn: loss, Fisher information, tangent kernel and curvature
# over all weights, and what training makes of them. On the command line it is `chentsov neuron --all`; this page does
# the same in Python and looks closer at the curvature.

# %%
# %matplotlib inline
import chentsov as ch
import matplotlib.pyplot as plt
import numpy as np
from chentsov.models.neuron import weight_axes
from chentsov.plots_neuron import Run, all_figures

data = ch.models.decision_boundary(200, seed=0)
quantities = ("loss", "metric", "fisher_trace", "ntk_trace", "ricci_scalar")
runs = {}
for loss in ("mean_power", "lp_norm", "cross_entropy"):
    model = ch.models.TwoWeightNeuron(loss, data=data)
    grid = model.on_grid(weight_axes(128), quantities, rtol=1e-9)
    runs[loss] = Run(model, grid, model.train())
{
    loss: f"{run.path.attrs['predicted_right']} of 200 right after {run.path.attrs['steps']} steps"
    for loss, run in runs.items()
}

# %% [markdown]
# Every value of R on these grids is proven to nine digits, and none is missing.

# %%
{loss: int(run.grid.ricci_scalar.isnull().sum()) for loss, run in runs.items()}

# %% [markdown]
# ## The data, the loss and the path (figures 5.2 to 5.4)

# %%
figures = all_figures(runs)
figures["data"]

# %%
figures["losses"]

# %%
figures["output"]

# %% [markdown]
# ## Fisher information, tangent kernel, curvature (figures 5.5 to 5.7, C.1 to C.3)
#
# One colour map a quantity, whatever the loss: $g_{12}$ and R may have either sign, so white is zero. R is negative almost
# everywhere, and positive in the corner where everything is predicted wrong.

# %%
figures["surfaces-mean_power"]

# %%
figures["surfaces-lp_norm"]

# %%
figures["surfaces-cross_entropy"]

# %% [markdown]
# ## Along the path (figures 5.8 to 5.10)

# %%
figures["training-mean_power"]

# %%
figures["training-lp_norm"]

# %%
figures["training-cross_entropy"]

# %% [markdown]
# For the Lᵖ norm both traces are one: with a single output every norm is $|f-t|$, and $(\partial\ell/\partial f)^2=1$.

# %%
{loss: bool(np.allclose(run.path.fisher_trace, run.path.ntk_trace, rtol=1e-12)) for loss, run in runs.items()}

# %% [markdown]
# ## Does R converge, and does it fall along a line?
#
# No. In the valley $\theta=s(-1,1)$ only the rows within about $1/(5s)$ of the diagonal still count, and R falls in proportion
# to s. Gradient descent goes ever more slowly along the valley; Adam, whose steps have the size of its rate, faster. What looks like
# a straight fall or like a limit is the optimizer's clock.

# %%
neuron = runs["mean_power"].model
descent = neuron.train(steps=20_000)
adam = neuron.train(steps=1000, optimizer="adam")
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
for path, label in ((descent, "gradient descent"), (adam, "Adam")):
    left.loglog(path.step[1:], -path.ricci_scalar[1:], label=label)
    right.loglog(np.hypot(path.theta_1, path.theta_2), -path.ricci_scalar, label=label)
left.set(xlabel="step", ylabel="−R")
right.set(xlabel="|θ|", ylabel="−R", title="against the length of θ both tell the same")
right.legend()

# %% [markdown]
# The law needs many rows: R/s with 20 000 of them, and with the 200 of the experiment, of which from s = 10 on only a few count.

# %%
s = np.array([2.5, 5.0, 10.0, 20.0])
many = ch.models.decision_boundary(20_000, seed=0)
for rows in (many, data):
    print(len(rows), [round(float(neuron.curvature_at([-v, v], data=rows).ricci_scalar) / v, 1) for v in s.tolist()])

# %% [markdown]
# What the thesis says of this experiment, claim by claim over 12 seeds, stands in `docs/claims.md`.
