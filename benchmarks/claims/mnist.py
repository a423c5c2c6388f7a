"""Section 5.1.1 and appendix B: the traces while networks learn handwritten digits (extra `[networks]`)."""

from __future__ import annotations

import numpy as np
from chentsov.models import NumericNetwork, Schedule, train_network
from chentsov.models.images import digits

from .record import CONFIRMED, IN_PART, REFUTED, claim, number
from .study import Study

_IMAGES, _EPOCHS, _RUNS = 1000, 15, 2
_KINDS = {"lp_norm": "L₂ norm", "mean_power": "mean power 2", "cross_entropy": "cross-entropy"}


def traces_on_digits(study: Study, width: int, loss: str) -> tuple[float, float]:
    """The correlation of tr I with tr Λ over the epochs, and the greatest over the least of their ratio."""
    kept = study.__dict__.setdefault("_digits", {})
    if (width, loss) not in kept:
        images = kept.setdefault("images", digits().balanced(_IMAGES))
        network = NumericNetwork((784, width, width, 10), "relu", loss=loss)
        runs = [
            train_network(network, images.pixels, images.labels, Schedule(epochs=_EPOCHS, seed=seed))[1]
            for seed in range(_RUNS if width < 500 else 1)
        ]
        fisher, ntk = (np.mean([r[name].values for r in runs], axis=0) for name in ("fisher_trace", "ntk_trace"))
        ratio = fisher / ntk
        kept[width, loss] = float(np.corrcoef(fisher, ntk)[0, 1]), float(ratio.max() / ratio.min())
    return kept[width, loss]


@claim(
    "5.1.1, figure 5.1",
    "on MNIST the traces are almost proportional for the L₂ norm and evolve quite differently for the other losses",
    runs=True,
)
def digits_traces(study: Study):
    found = {loss: traces_on_digits(study, 128, loss) for loss in _KINDS}
    others = [found[loss] for loss in ("mean_power", "cross_entropy")]
    verdict = (
        CONFIRMED if found["lp_norm"][0] > 0.8 and all(r > 2 * found["lp_norm"][1] for _, r in others) else IN_PART
    )
    return verdict, (
        f"{_IMAGES} images, {_EPOCHS} epochs of Adam, width 128; correlation of the traces, and greatest over least of their "
        "ratio: "
        + "; ".join(f"{name} {number(found[k][0], 1)}, {number(found[k][1], 1)}" for k, name in _KINDS.items())
    )


@claim("5.1.1, appendix B", "the traces deviate more from one another in the wider network (784)", runs=True)
def wider(study: Study):
    found = {loss: (traces_on_digits(study, 128, loss)[1], traces_on_digits(study, 784, loss)[1]) for loss in _KINDS}
    more = [b > a for a, b in found.values()]
    verdict = CONFIRMED if all(more) else IN_PART if any(more) else REFUTED
    return verdict, f"greatest over least of tr I / tr Λ on {_IMAGES} images, width 128 and 784: " + "; ".join(
        f"{name} {number(found[k][0], 1)} and {number(found[k][1], 1)}" for k, name in _KINDS.items()
    )
