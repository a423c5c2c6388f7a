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
# # How much does a coin tell about itself?
#
# A coin shows heads with an unknown probability θ. Before any toss one can ask how sharply n tosses will determine θ. The
# answer is the Fisher information, a metric on the line of coins. This page derives it from nothing but the
# probabilities, and sees what is lost when one does not write everything down.

# %%
# %matplotlib inline
import chentsov as ch
import matplotlib.pyplot as plt
import numpy as np
import sympy as sp
from chentsov.models import families

# %% [markdown]
# ## One toss
#
# The density is $\theta^x(1-\theta)^{1-x}$ for $x\in\{0,1\}$. It is recognised as an exponential family; the log-partition is read
# off, and its derivatives give the metric. That the probabilities add up to 1 is checked, not assumed.

# %%
theta = sp.Symbol("theta", positive=True)
x = sp.Symbol("x")
coin = ch.StatisticalManifold.from_density(theta**x * (1 - theta) ** (1 - x), {x: (0, 1, "discrete")}, (theta,))
coin.metric[0, 0], str(coin.provenance)

# %% [markdown]
# The score $s=\partial_\theta\log p$ has mean zero; its variance is the information.

# %%
coin.score[0], coin.cross_form == coin.metric

# %% [markdown]
# ## The whole record of three tosses
#
# Write down every toss in order: the sample is the triple $(x_1,x_2,x_3)$, and the probabilities multiply. Informations **add**
# over independent tosses, $I_{X^n} = \sum_i I_{X_i}$ (a product sign in their place, as one sometimes finds in print, cannot
# be right: two tosses of a fair coin hold 4 + 4 = 8, not 16).

# %%
tosses = sp.symbols("x1:4")
record = sp.Mul(*(theta**t * (1 - theta) ** (1 - t) for t in tosses))
whole = ch.StatisticalManifold.from_density(record, {t: (0, 1, "discrete") for t in tosses}, (theta,))
whole.metric[0, 0], coin.iid(3).metric[0, 0]

# %% [markdown]
# ## Only the number of heads
#
# Forget the order and keep $y=\sum_i x_i$. Its distribution is binomial, and its information is the same: given y, the order is
# equally likely whatever θ is, so nothing about θ was in it. The number of heads is a **sufficient** statistic.

# %%
heads = families.binomial()
n = heads.constants[0]
heads.metric[0, 0], sp.simplify(heads.metric[0, 0].subs(n, 3).subs(heads.coordinates[0], theta) - whole.metric[0, 0])

# %% [markdown]
# The same conclusion from the densities themselves: the quotient of record and count holds no θ.

# %%
y = sp.Symbol("y")
count = sp.binomial(3, y) * theta**y * (1 - theta) ** (3 - y)
sp.simplify((record / count).subs(y, sum(tosses)))

# %% [markdown]
# ## Keeping less
#
# Suppose one only notes whether *all* three tosses were heads. That is again a coin, with $\theta^3$ in place of θ, a submodel of
# the first one. The information drops, and it drops most where all-heads is rare.

# %%
all_heads = coin.submodel((theta,), (theta**3,))
lost = sp.factor(1 - all_heads.metric[0, 0] / whole.metric[0, 0])
all_heads.metric[0, 0], lost

# %%
grid = np.linspace(0.02, 0.98, 400)
curve = lambda m: m.on_grid({theta: grid}, ("metric",))["metric"].values.ravel()
plt.semilogy(grid, curve(whole), label="every toss, or the number of heads")
plt.semilogy(grid, curve(coin), label="one toss")
plt.semilogy(grid, curve(all_heads), "--", label="whether all three were heads")
plt.xlabel("θ")
plt.ylabel("Fisher information")
plt.legend()
# %% [markdown]
# ## Distances between coins
#
# The metric $d\theta^2/(\theta(1-\theta))$ is $d\varphi^2$ with $\theta=\sin^2(\varphi/2)$: coins lie on a half circle, and the number of
# tosses needed to tell two of them apart goes like the inverse square of the angle between them.

# %%
phi = sp.Symbol("phi", positive=True)
coin.change_coordinates((phi,), {theta: sp.sin(phi / 2) ** 2}).metric
