"""The mathematics: exact arithmetic, manifolds, expectations, flows, kernels, grids, validation.

Nothing here knows a particular model. Imports run one way:
validation -> grids -> kernels -> manifolds, flows -> expectation -> exact.
"""
