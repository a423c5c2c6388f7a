"""Right formulas, wrong digits: difference steps, single precision, cancellation.

What is looked at: whether the answer jumps when the point moves by a few units in the last place (rounding noise that
differences amplify), how the error answers to the step (`accuracy`, or a parameter that is one), and how it goes with
the size of the terms that cancel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .accuracy import Stencil, is_single, local_noise, observed_step, rescaled_errors
from .calling import Caller, step_parameter
from .diagnosis import Diagnosis, distinct_numbers
from .observations import Observation

__all__ = ["numeric_diagnoses", "rounded_argument", "step_sweep"]

_SINGLE, _DOUBLE = float(np.finfo(np.float32).eps), float(np.finfo(np.float64).eps)


#: What is done to a point before it is used: name, map, words.
_MOVES: tuple[tuple[str, Callable[..., Any], str], ...] = (
    *((f"argument-rounded-{d}", lambda x, d=d: np.round(x, d), f"rounded to {d} decimals") for d in range(8)),
    ("degrees-for-radians", np.deg2rad, "converted from degrees to radians"),
    ("degrees-for-radians", np.rad2deg, "converted from radians to degrees"),
    ("coordinates-reversed", lambda x: x[::-1], "read with its coordinates in the reverse order"),
    ("coordinates-swapped", lambda x: np.array([*x[1::-1], *x[2:]]), "read with its first two coordinates exchanged"),
    ("argument-at-origin", lambda x: 0 * x, "lost: the origin is taken"),
    ("argument-negated", lambda x: -x, "taken with the opposite sign"),
    ("argument-scaled", lambda x: 2 * x, "doubled"), ("argument-scaled", lambda x: x / 2, "halved"),
    ("argument-truncated", np.trunc, "cut off to integers"), ("absolute-argument", np.abs, "taken without its signs"),
)  # fmt: skip


def rounded_argument(observations: Sequence[Observation], callers: Mapping[str, Caller]) -> Diagnosis | None:
    """The point is rounded, or otherwise changed, before it is used: the metric is asked for around another one."""
    failing = [o for o in observations if not o.passed]
    middles: list[tuple[np.ndarray, np.ndarray]] = []
    for o in _sample(sorted(failing, key=lambda o: o.condition), 4):
        caller = callers[o.case.name]
        row = caller.rows[o.index]
        if "metric" not in caller.form or caller.form == "metric-scalar":
            return None
        caller.metric.points.clear()
        caller.at_row(row)
        seen = [p.reshape(-1, row.size) for p in caller.metric.points]
        if not seen:
            return None
        places = np.unique(np.concatenate(seen), axis=0)
        middles.append((row, (places.min(axis=0) + places.max(axis=0)) / 2))
    moved = [np.max(np.abs(row - middle)) > 1e-9 for row, middle in middles]
    if len(middles) < 2 or sum(moved) < 2:
        return None
    for name, move, what in _MOVES:
        if all(np.allclose(move(row), middle, rtol=0, atol=1e-7) for row, middle in middles):
            return Diagnosis(name, f"The point is {what} before it is used: the metric is asked for around that one.",
                             "Use the point as it is.", kind="numeric", points=len(failing), weight=0.7)  # fmt: skip
    return None


def step_sweep(
    caller: Caller, name: str, observations: Sequence[Observation], default: float
) -> tuple[dict[float, float], float]:
    """Worst relative error for steps around the default, and the best step."""
    steps = sorted({*(10.0**-k for k in range(1, 10)), 3e-3, 3e-4, 3e-5, default}, reverse=True)
    errors: dict[float, float] = {}
    for h in steps:
        worst = 0.0
        for o in observations:
            row = caller.rows[o.index]
            outcome = caller.at_row(row, {name: h})
            if outcome.value is None:
                worst = float("inf")
                break
            worst = max(worst, float(np.max(np.abs(caller.ours(outcome.value) - o.truth), initial=0.0)) / o.scale)
        errors[h] = worst
    return errors, min(errors, key=lambda h: errors[h])


def numeric_diagnoses(
    observations: Sequence[Observation], callers: Mapping[str, Caller], dtypes: Mapping[str, str]
) -> list[Diagnosis]:
    """What the arithmetic of a program explains, the best supported first."""
    failing = sorted((o for o in observations if not o.passed), key=lambda o: o.condition)
    if not failing:
        return []
    caller = callers[failing[0].case.name]
    differences = (
        step_parameter(caller.function) is not None or observed_step(caller, caller.rows[failing[0].index]) is not None
    )
    order = (_difference_step, _cancellation) if differences else (_cancellation, _difference_step)
    found = []
    for explain in (_single_precision, *order):
        diagnosis = explain(failing, observations, callers, dtypes)
        if diagnosis is not None:
            found.append(diagnosis)
            if diagnosis.name == "float32" and diagnosis.details["frozen"]:
                break  # an answer that stands still shows nothing of the step
    return found


def _sample(failing: Sequence[Observation], count: int = 3) -> list[Observation]:
    """A few failing observations of different cases, the best conditioned first."""
    by_case: dict[str, Observation] = {}
    for o in failing:
        by_case.setdefault(o.case.name, o)
    return [*by_case.values(), *failing][:count]


def _single_precision(failing: Sequence[Observation], observations: Sequence[Observation],
    callers: Mapping[str, Caller],
                      dtypes: Mapping[str, str]) -> Diagnosis | None:  # fmt: skip
    stencil = next(
        (s for o in failing[:1] if (s := observed_step(callers[o.case.name], callers[o.case.name].rows[o.index]))), None
    )
    # Nested differences divide the rounding of the metric by h².
    amplified = 1.0 if stencil is None else max(1.0, stencil.step**-2)
    sizes = [o.error / (_SINGLE * max(o.amplitude, o.scale)) for o in failing]
    limits = [300 * max(1.0, o.condition / max(1.0, o.amplitude / o.scale)) for o in failing]
    by_itself = np.mean([s < limit for s, limit in zip(sizes, limits)]) >= 0.7
    plausible = np.mean([s < amplified * limit for s, limit in zip(sizes, limits)]) >= 0.7
    # A number or two, whole numbers, or an error as large as the answer are no sign of short digits.
    whole = all(np.all(o.value == np.round(o.value)) for o in observations)
    large = max(float(np.median([o.relative_error for o in failing])), failing[0].relative_error) > 0.3
    if not plausible or np.median(sizes) < 1e-4 or whole or large or distinct_numbers(observations) < 3:
        return None
    # A correct float64 program answers with numbers that float32 does not hold.
    telling = [
        o
        for o in observations
        if o.value.size and np.max(np.abs(o.value), initial=0.0) > 0 and not is_single(o.truth.astype(float))
    ]
    stored = bool(telling) and all(is_single(o.value) for o in telling) and len(telling) >= 2
    declared = next((d for d in dtypes.values() if d in ("float32", "float16", "bfloat16", "complex64")), "")
    frozen = []
    # On a space of constant curvature every answer stands still.
    moving = [o for o in failing if len(t := o.prepared.truth) < 2 or not np.allclose(t[0], t[1], rtol=1e-3)]
    for o in _sample(moving):
        jitter, still = local_noise(callers[o.case.name], callers[o.case.name].rows[o.index])
        frozen.append(still and o.error > 0)
    seen = all(frozen) and bool(frozen)
    if not (seen or (by_itself and (stored or declared))):
        return None
    worst = max(failing, key=lambda o: o.relative_error)
    still_words = "the answer does not move when the point moves by 2⁻⁴⁰"
    how = f"it returns {declared}" if declared else "every value is a float32 number" if stored else still_words
    extra = f" Differences with step {stencil.step:.2g} amplify it." if stencil else ""
    return Diagnosis(
        "float32",
        f"Single precision: {how}, and the error is about 1e-7 times the terms that cancel (worst "
        f"{worst.relative_error:.1e} on {worst.case.name}).{extra}",
        "Compute in float64 (JAX: jax.config.update(\"jax_enable_x64\", True); PyTorch: dtype=torch.float64), "
        "or pass precision=\"float32\" to be judged by that measure.",
        kind="numeric", points=len(failing), details={"declared": bool(declared), "stored": stored, "frozen": seen},
    )  # fmt: skip


def _difference_step(failing: Sequence[Observation], observations: Sequence[Observation], callers: Mapping[str, Caller],
                     dtypes: Mapping[str, str]) -> Diagnosis | None:  # fmt: skip
    sample = _sample([o for o in failing if np.any(o.truth)] or failing, 5)
    first = sample[0]
    caller = callers[first.case.name]
    parameter = step_parameter(caller.function)
    stencil = observed_step(caller, caller.rows[first.index])
    noisy, total = 0, 0
    for o in sample:
        jitter, _ = local_noise(callers[o.case.name], callers[o.case.name].rows[o.index])
        if np.isfinite(jitter):
            total += 1
            noisy += jitter > 0.05 * o.error and jitter > 1e3 * _DOUBLE * o.scale
    noise = total > 0 and noisy >= 0.4 * total
    if parameter is not None:
        name, default = parameter
        same = [o for o in failing if o.case is first.case][:2]
        errors, best = step_sweep(caller, name, same, default)
        if errors[best] < min(0.1 * errors[default], 0.05):
            growing = default < best
            smaller = [h for h in errors if h < best and np.isfinite(errors[h])]
            grown = errors[min(smaller)] if smaller else float("nan")
            text = (
                f"the step {name} = {default:g} is too small: the error grows as the step shrinks (rounding noise; "
                f"{errors[default]:.1e} at the default, {errors[best]:.1e} at {best:g}"
                + (f", {grown:.1e} at {min(smaller):g})" if smaller else ")")
                if growing
                else f"the step {name} = {default:g} is too large: the error {errors[default]:.1e} is truncation; "
                f"at {best:g} it is {errors[best]:.1e}"
            )
            return Diagnosis(
                "finite-difference-noise" if growing else "finite-difference-truncation",
                f"Finite differences: {text}.",
                f"Best step found: {name} = {best:g}.", kind="numeric", points=len(failing),
                details={"parameter": name, "default": default, "best": best,
                    "errors": {f"{h:g}": e for h, e in errors.items()}},
            )  # fmt: skip
    sweep: Mapping[float, float] = {}
    if stencil is not None:
        sweep = rescaled_errors(callers, sample[:2], [4.0**k for k in range(-4, 5)])
    if sweep and stencil is not None:
        now, factor = sweep[1.0], min(sweep, key=lambda s: sweep[s])
        if sweep[factor] < min(now / 3, 0.05) and now < 1e3:
            side = "one-sided " if stencil.one_sided else ""
            best = float(f"{stencil.step * factor:.0e}")
            small = factor > 1
            why = "is rounding noise divided by the step" if small else "is truncation"
            return Diagnosis(
                "finite-difference-noise" if small else "finite-difference-truncation",
                f"Finite differences: {side}differences with step {stencil.step:.2g}, too "
                f"{'small' if small else 'large'}: the error {now:.1e} {why}; with {best:.0e} it would be "
                f"{sweep[factor]:.1e}.",
                f"Take a step of about {best:.0e}" + (", and central differences." if side else "; a stencil of higher "
                "order, or automatic differentiation, does better."), kind="numeric", points=len(failing),
                details={"step": stencil.step, "one_sided": stencil.one_sided, "best": best,
                         "errors": {f"{stencil.step * h:g}": e for h, e in sweep.items()}},
            )  # fmt: skip
    # No difference quotient of second order keeps twelve digits: then the noise is the program's own cancellation.
    if noise and stencil is None and any(np.any(o.truth) and o.relative_error < 1e-12 for o in observations):
        worst_one = max(failing, key=lambda o: o.relative_error)
        return Diagnosis(
            "cancellation",
            f"Digits are lost by cancellation: nearly exact at some points, but at "
            f"{worst_one.case.describe(worst_one.case.points[worst_one.index])} "
            f"the answer jitters by as much as its error ({worst_one.relative_error:.1e}).",
            "Look for differences of nearly equal numbers (1 − f where f is close to 1, log(1 − f), an expanded "
            "polynomial) and write them as values of their own.",
            kind="numeric", points=len(failing), details={"worst": worst_one.relative_error},
        )  # fmt: skip
    if noise and not sweep:
        where = f" with step {stencil.step:.2g}" if stencil else ""
        return Diagnosis(
            "finite-difference-noise",
            f"Finite differences{where}: the answer jumps by as much as its error when the point moves by 2⁻⁴⁰, so the "
            f"error is rounding noise divided by the step.",
            "Take a larger step (about eps^(1/4) ≈ 1e-4 times the scale of the coordinates for second differences, "
            "eps^(1/3) for first ones), or differentiate automatically.", kind="numeric", points=len(failing),
            details={"step": stencil.step if stencil else None, "best": 1e-4},
        )  # fmt: skip
    if sweep:
        return None
    mild = [o for o in failing if o.condition < 1e3] or failing[:1]
    worst = max(o.relative_error for o in mild)
    # Most points are as wrong as the step explains; close to a singular point any of them may be worse.
    if (
        stencil is not None
        and stencil.step > 1e-7
        and np.median([o.relative_error for o in mild]) < min(0.3, _truncation(stencil))
    ):
        side = "one-sided " if stencil.one_sided else ""
        return Diagnosis(
            "finite-difference-truncation",
            f"Finite differences: {side}differences with step {stencil.step:.2g} leave a smooth truncation error "
            f"(worst {worst:.1e}); the answer does not jitter.",
            "Use central differences, a smaller step, or Richardson extrapolation; or differentiate automatically."
            if side else "Use a smaller step, or a stencil of higher order.",
            kind="numeric", points=len(failing),
            details={"step": stencil.step, "one_sided": stencil.one_sided, "best": None},
        )  # fmt: skip
    return None


def _truncation(stencil: Stencil) -> float:
    """How large the truncation error of nested differences may plausibly be: h for one-sided ones, h² for central ones,
    times 1000.
    """
    return 1e3 * stencil.step if stencil.one_sided else 1e3 * stencil.step**2


def _cancellation(failing: Sequence[Observation], observations: Sequence[Observation], callers: Mapping[str, Caller],
                  dtypes: Mapping[str, str]) -> Diagnosis | None:  # fmt: skip
    mild = [o for o in observations if o.condition < 1e4]
    severe = [o for o in failing if o.condition >= 1e4]
    if not severe or not mild or any(not o.passed for o in mild) or len(severe) < len(failing):
        return None
    worst = max(severe, key=lambda o: o.relative_error)
    if any(o.error > 1e4 * _DOUBLE * o.amplitude * float(o.prepared.condition[o.index]) for o in severe):
        return None  # more than rounding can do there
    lost = min(16.0, 16 + float(np.log10(max(worst.relative_error, 1e-16))))
    return Diagnosis(
        "cancellation",
        f"Digits are lost by cancellation near singular points: right on {len(mild)} well-conditioned points, but on "
        f"{worst.case.name} the terms are {worst.condition:.1e} times their sum, and {lost:.0f} of 16 digits are gone.",
        "Factor the formula, scale and whiten the metric (g = I) before contracting, use the Gauss equation of an "
        "immersion, or compute in higher precision there.",
        kind="numeric", points=len(severe), details={"condition": worst.condition},
    )  # fmt: skip
