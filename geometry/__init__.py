"""The mathematics: exact arithmetic, kernels, expectations, manifolds, flows, grids, validation.

Nothing here knows a particular model. Each room imports only what stands before it:
exact -> kernels -> expectation -> manifolds -> flows | grids | validation.
"""

if __name__ == "geometry":  # found in the current folder instead of where it is installed
    raise ImportError(
        "the geometry of Chentsov is imported as `chentsov.geometry`; install the package with `pip install .`"
    )
