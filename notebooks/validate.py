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
# # Is my curvature code right?
#
# Here is a routine as one writes it on a Friday: central differences, loops, and the formula for Γ from memory.

# %%
import chentsov as ch
import numpy as np
import sympy as sp


def christoffel(metric, x, h=1e-4, sign=+1):
    n = len(x)
    dg = np.stack([(metric(x + h * e) - metric(x - h * e)) / (2 * h) for e in np.eye(n)], axis=-1)
    first = np.einsum("mkj->mjk", dg) + dg + sign * np.einsum("jkm->mjk", dg)
    return 0.5 * np.einsum("im,mjk->ijk", np.linalg.inv(metric(x)), first)


def ricci_scalar(metric, x, h=1e-4, sign=+1):
    gamma = christoffel(metric, x, h, sign)
    dgamma = np.stack(
        [
            (christoffel(metric, x + h * e, h, sign) - christoffel(metric, x - h * e, h, sign)) / (2 * h)
            for e in np.eye(len(x))
        ],
        -1,
    )
    riemann = np.einsum("ijlk->ijkl", dgamma) - dgamma
    riemann += np.einsum("ikm,mjl->ijkl", gamma, gamma) - np.einsum("ilm,mjk->ijkl", gamma, gamma)
    return np.einsum("jl,ijil->", np.linalg.inv(metric(x)), riemann)


# %%
report = ch.check_curvature(ricci_scalar)
print(report)

# %% [markdown]
# The first diagnosis names the mistake: the third term of Γ wants a minus. With it:

# %%
print(ch.check_curvature(lambda metric, x: ricci_scalar(metric, x, sign=-1)))

# %% [markdown]
# A step that is too small is found too, and the best one is named, since the step is a parameter.


# %%
def noisy(metric, x, h=1e-8):
    return ricci_scalar(metric, x, h, sign=-1)


report = ch.check_curvature(noisy, suite="quick")
print(report.diagnosis.sentence, report.diagnosis.remedy, sep="\n")
{h: f"{e:.1e}" for h, e in report.diagnosis.details["errors"].items()}

# %% [markdown]
# Programs that hold their own metric are judged on a manifold. Someone reads angles in degrees:

# %%
theta, phi = sp.symbols("theta phi", real=True)
torus = ch.RiemannianManifold(sp.diag(1, (3 + sp.cos(theta)) ** 2), (theta, phi), name="torus")


def curvature_of_my_torus(x):
    angle = np.radians(x[0])
    return 2 * np.cos(angle) / (3 + np.cos(angle))


print(ch.check_curvature(curvature_of_my_torus, torus))

# %% [markdown]
# A mistake without a name gets the smallest failing example, with every intermediate quantity beside the reference; a
# function of Γ of one's own shows where it goes wrong first.


# %%
def my_christoffel(metric, x):
    gamma = christoffel(metric, x, sign=-1)
    gamma[0, 1, 1] *= 1.37
    return gamma


def my_ricci(metric, x, h=1e-4):
    gamma = my_christoffel(metric, x)
    dgamma = np.stack(
        [(my_christoffel(metric, x + h * e) - my_christoffel(metric, x - h * e)) / (2 * h) for e in np.eye(len(x))], -1
    )
    riemann = np.einsum("ijlk->ijkl", dgamma) - dgamma
    riemann += np.einsum("ikm,mjl->ijkl", gamma, gamma) - np.einsum("ilm,mjk->ijkl", gamma, gamma)
    return np.einsum("ijil->jl", riemann)


print(
    ch.check_curvature(
        my_ricci, suite="quick", quantity="ricci", intermediates={"christoffel": my_christoffel}
    ).smallest
)

# %% [markdown]
# And the engine itself, tensor by tensor: against EinsteinPy's expressions (equal as elements of a differential field, where the
# route says *symbolic*), and against jets in ball arithmetic (*proved* at the points).

# %%
print(ch.crosscheck(torus, "all", oracle="einsteinpy"))
print(ch.crosscheck(torus, "all", oracle="jets"))
