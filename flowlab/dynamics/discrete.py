"""Descent in discrete steps: gradient descent, with momentum, with batches, and by other rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from flowlab._arguments import count, flag, number, real
from flowlab._checks import shown
from flowlab.dynamics._arguments import increasing
from flowlab.dynamics._descent_loop import DIVERGED, GOING_ON, STOPPED_LOSS, descend
from flowlab.dynamics._pointers import address
from flowlab.dynamics._prepared import Prepared, assemble, prepare
from flowlab.dynamics.kinks.choosing import sided_model
from flowlab.dynamics.rules import STEP, StepRule
from flowlab.dynamics.rules import momentum as with_momentum
from flowlab.dynamics.system import GradientSystem
from flowlab.dynamics.trajectory import Statistics, Status, Trajectory, Vector

#: A logarithmic recording holds about so many steps.
_LOG_RECORDS = 400
#: Permutations are drawn in chunks of about so many row numbers, so that memory stays small.
_CHUNK = 1_000_000
#: A descent has diverged when a parameter exceeds this many times the start's scale.
_FAR = 1e100


@dataclass(frozen=True)
class StoppingRule:
    """When a descent may stop before its last step; both are looked at before each step, on all rows.

    Attributes
    ----------
    loss : float, optional
        Stop where the loss is at most this.
    gradient_norm : float, optional
        Stop where the gradient's Euclidean norm is at most this; greater than 0.

    Raises
    ------
    ValueError
        If a level is not a finite number, or `gradient_norm` is not greater than 0.

    Examples
    --------
    >>> StoppingRule(loss=1e-6)
    StoppingRule(loss=1e-06, gradient_norm=None)
    """

    loss: float | None = None
    gradient_norm: float | None = None

    def __post_init__(self) -> None:
        if self.loss is not None:
            real("loss", self.loss)
        if self.gradient_norm is not None:
            number("gradient_norm", self.gradient_norm)


@np.errstate(all="ignore")
def descent(
    system: GradientSystem,
    learning_rate: float,
    *,
    steps: int,
    momentum: float = 0.0,
    nesterov: bool = False,
    batch_size: int | None = None,
    seed: int | None = None,
    record: Literal["log"] | int | Sequence[int] | NDArray[np.int64] = "log",
    stop: StoppingRule | None = None,
    kink: float | None = None,
    rule: StepRule | None = None,
    label_noise: float = 0.0,
) -> Trajectory:
    """Run gradient descent, or another algorithm on the same gradient, from the system's start.

    A step is v ← momentum · v − learning_rate · ∇L, w ← w + v, from v = 0, with the gradient at w, or at
    w + momentum · v with `nesterov`. The time axis is learning_rate × step in every case; with momentum the
    flow's time passes about 1/(1 − momentum) times faster.

    Parameters
    ----------
    system : GradientSystem
    learning_rate : float
        Greater than 0.
    steps : int
        The last step, at least 1.
    momentum : float
        In [0, 1).
    nesterov : bool
        Whether the gradient is taken ahead.
    batch_size : int, optional
        The rows averaged over in a step; all of them if missing. Every epoch goes once through all rows in a
        new random order, and its last batch holds what is left.
    seed : int, optional
        Required with `batch_size` and `label_noise`; the same seed gives the same bits.
    record : {"log"}, int or sequence of int
        "log" records about 400 steps, evenly spaced in the logarithm; an integer n every n-th step; a
        sequence those steps, increasing, in [0, steps]. The first and the last step are always recorded. What is
        asked of every step, such as a distance by `compare`, needs 1.
    stop : StoppingRule, optional
    kink : float, optional
        The side in [−1, 1] that is taken at a kink of the loss, of all with a switch of exactly 0: the gradient is that
        part of those of the two sides, an element of the Clarke subdifferential. Where missing, the system's own
        gradient is taken as it is there: of a formula that of |u| is 0 at u = 0, of max(u, 0) it is 0 (the side −1),
        of a norm 0, and of max(u, v) that of one of the two. Steps all but never meet a kink exactly, but from a start
        there, such as 0, all depends on it.
    rule : StepRule, optional
        What a step makes of the gradient instead, of `flowlab.dynamics.rules`: `steepest`, `mirror`, `adam`; without
        momentum.
    label_noise : float
        The standard deviation of normal noise that is added to the labels, anew for every row of every step; of systems
        that know their labels, as a `Learner` of the squared loss does. Losses are those of the labels themselves.

    Returns
    -------
    Trajectory
        With `steps` and `learning_rate`, without dense output. A descent that diverges ends at the last
        recorded point that is finite; its message names the step.

    Raises
    ------
    ValueError
        On an argument outside what is allowed.

    Examples
    --------
    >>> import numba
    >>> from flowlab.dynamics.signatures import GRADIENT, LOSS
    >>> @numba.njit(GRADIENT)
    ... def gradient(w, constants, data, rows, out):
    ...     out[0] = w[0] - constants[0]
    >>> @numba.njit(LOSS)
    ... def loss(w, constants, data, rows):
    ...     return 0.5 * (w[0] - constants[0]) ** 2
    >>> system = GradientSystem(gradient, loss, start=np.zeros(1), constants=np.ones(1), names=("w",))
    >>> descent(system, 0.5, steps=3, record=1).parameters[:, 0]
    array([0.   , 0.5  , 0.75 , 0.875])
    """
    ready = prepare(system)
    rate = number("learning_rate", learning_rate)
    count("steps", steps)
    friction = number("momentum", momentum, allowed="a number in [0, 1)", valid=lambda x: (x >= 0) & (x < 1))
    flag("nesterov", nesterov)
    if nesterov and friction == 0.0:
        raise ValueError("nesterov: got True with momentum 0; allowed: True with momentum > 0")
    if rule is not None and not isinstance(rule, StepRule):
        raise ValueError(f"rule: got {shown(rule)}; allowed: one of flowlab.dynamics.rules, as steepest(2)")
    if rule is not None and friction:
        raise ValueError(f"momentum: got {friction:g} with the rule {rule.name}; allowed: 0 with a rule")
    step_rule = rule or with_momentum(friction)
    if step_rule.positive and not (ready.start > 0.0).all():
        raise ValueError(f"rule: got {step_rule.name} from a start that is not positive; allowed: positive parameters")
    moving = (
        address("rule", step_rule.kernel, STEP),
        np.array([rate, *step_rule.numbers]),
        friction if nesterov else 0.0,
    )
    noise = number("label_noise", label_noise, allowed="a finite number >= 0", valid=lambda x: x >= 0)
    if noise and system.labels is None:
        raise ValueError(f"label_noise: got {noise:g} for a system that knows no labels; allowed: 0")
    generator, size = _batches(ready, batch_size, seed, noisy=noise > 0)
    record_at = _record_steps(record, steps)
    model = tuple(ready.model)
    if kink is not None:
        side = number("kink", kink, allowed="a number in [-1, 1]", valid=lambda x: abs(x) <= 1)
        if system.kinks is None:
            raise ValueError(f"kink: got {shown(kink)} for a system without kinks; allowed: None")
        model = sided_model(ready, system.kinks, side)
    if stop is not None and not isinstance(stop, StoppingRule):
        raise ValueError(f"stop: got {shown(stop)}; allowed: a StoppingRule")
    stop_loss = -np.inf if stop is None or stop.loss is None else float(stop.loss)
    stop_gradient = 0.0 if stop is None or stop.gradient_norm is None else float(stop.gradient_norm)

    examples = ready.model.rows.size
    w, state = ready.start.copy(), np.zeros((max(1, step_rule.rows), ready.start.size))
    table = np.empty((record_at.size, w.size))
    bound = _FAR * max(1.0, float(np.abs(w).max()))
    batches = -(-examples // size) if size else 1
    span = max(1, _CHUNK // examples) * batches if size or noise else steps
    order, noises = np.empty(0, np.int64), np.empty((0, 0))
    if noise:
        model = (*model[:5], model[5].copy(), *model[6:])  # in which labels are changed
    code, step, recorded, evaluations = GOING_ON, 0, 0, 0
    while True:
        end = min(steps, step + span)
        if generator is not None and noise:
            noises = noise * generator.standard_normal((end - step, size or examples))
        if generator is not None and size:
            epochs = -(-(end - step) // batches)
            order = generator.permuted(np.tile(ready.model.rows, (epochs, 1)), axis=1).reshape(-1)
        code, step, recorded, more = descend(
            model, moving, (order, size, batches, noises, -1 if system.labels is None else system.labels),
            (bound, stop_loss, stop_gradient), (record_at, table), recorded, step, end, w, state,
        )  # fmt: skip
        evaluations += more
        if code != GOING_ON or step >= steps:
            break
    recorded_steps, parameters = record_at[:recorded], table[:recorded]
    if recorded_steps[-1] != step:
        recorded_steps = np.append(recorded_steps, step)
        parameters = np.concatenate([parameters, w[None, :]])
    status, message = _ending(code, step, rate)
    return assemble(
        system,
        ready,
        np.multiply(rate, recorded_steps, dtype=np.float64),
        parameters,
        kind="descent",
        status=status,
        message=message,
        statistics=Statistics(step, 0, evaluations),
        learning_rate=rate,
        steps=recorded_steps,
    )


def _ending(code: int, step: int, rate: float) -> tuple[Status, str]:
    place = f"step {step}, t = {rate * step:.6g}"
    if code == GOING_ON:
        return Status.REACHED_END, f"The descent took all its steps: {place}."
    if code == DIVERGED:
        return Status.DIVERGED, (
            f"The descent diverged after {place}: the next step is not finite or beyond 1e100 times the "
            f"start's scale; lower the learning rate {rate:.6g}."
        )
    rule = "loss" if code == STOPPED_LOSS else "gradient norm"
    return Status.STOPPED, f"The {rule} reached its stopping level at {place}."


def _batches(
    ready: Prepared, batch_size: object, seed: object, *, noisy: bool
) -> tuple[np.random.Generator | None, int]:
    if seed is None and noisy:
        raise ValueError("seed: got None with label_noise; allowed: an integer >= 0")
    if batch_size is None:
        if noisy:
            return np.random.default_rng(count("seed", seed, least=0)), 0
        if seed is not None:
            raise ValueError(f"seed: got {shown(seed)} without batch_size; allowed: a seed for batches only")
        return None, 0
    examples = ready.model.rows.size
    if examples == 0:
        raise ValueError(f"batch_size: got {shown(batch_size)} for a system without data; allowed: None")
    size = count("batch_size", batch_size, most=examples)
    if seed is None:
        raise ValueError("seed: got None with batch_size; allowed: an integer >= 0")
    return np.random.default_rng(count("seed", seed, least=0)), size


def _record_steps(record: object, steps: int) -> NDArray[np.int64]:
    if isinstance(record, str):
        if record != "log":
            raise ValueError(f"record: got {shown(record)}; allowed: 'log', an integer >= 1 or increasing steps")
        chosen = np.rint(np.geomspace(1, steps, min(_LOG_RECORDS, steps))).astype(np.int64)
    elif isinstance(record, (int, np.integer)):
        chosen = np.arange(0, steps, count("record", record))
    else:
        allowed = f"'log', an integer >= 1, or increasing integers in [0, {steps}]"
        array = increasing("record", record, steps, allowed=allowed, valid=lambda x: x == np.rint(x))
        chosen = array.astype(np.int64)
    result: Vector | NDArray[np.int64] = np.unique(np.concatenate([[0], chosen, [steps]]))
    return result.astype(np.int64)
