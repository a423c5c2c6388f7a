"""The mathematics: exact arithmetic, kernels, expectations, manifolds, flows, grids, validation.

Nothing here knows a particular model. Each room imports only what stands before it:
exact -> kernels -> expectation -> manifolds -> flows | grids | validation.
"""
