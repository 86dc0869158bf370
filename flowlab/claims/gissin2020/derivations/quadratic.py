"""Section 4.2 and appendix F from the losses of the quadratic network, at every size d: matrices are letters here.

Δ = W*ᵀW* − WᵀW; in the common basis U of WᵀW and W*ᵀW*, W = V √σ U with orthogonal V and diagonal σ.
"""

from itertools import combinations_with_replacement
from typing import Any

from flowlab.symbolic import gaussian_expectation, symbols
from flowlab.symbolic.proving.functions import Matrix, Rational
from flowlab.symbolic.proving.steps import Proof, derivation
from flowlab.symbolic.proving.words import DIMENSION, Word, direction, identity, matrix, with_words

weights, teacher, inputs, step_along = (matrix(name) for name in ("W", "W*", "x", "V'"))
step, bias, bias_goal, offset = symbols("ε b b* δ", real=True)
tenth = Rational(1, 10)
gram, gap = weights.T * weights, teacher.T * teacher - weights.T * weights
turn, basis = matrix("V", "orthogonal"), matrix("U", "orthogonal")
root, goal_root = matrix("√σ", "diagonal"), matrix("√σ*", "diagonal")
values, goals = root * root, goal_root * goal_root
state = {"W": turn * root * basis, "W*": matrix("V*", "orthogonal") * goal_root * basis}
trace = goals.trace() - values.trace()
_EVERY = "every d, any W and W*"
_COMMON = "every d, any W and W* with common eigenvectors of WᵀW and W*ᵀW*"


def variance_loss(moved: Word) -> Any:
    """Return ‖Δ‖²/8 of W.

    Examples
    --------
    >>> variance_loss(teacher)
    0
    """
    return (teacher.T * teacher - moved.T * moved).square() / 8


def squared_loss(moved: Word, shift: Any = 0) -> Any:
    """Return ‖Δ‖²/8 + (tr Δ + shift)²/16 of W.

    Examples
    --------
    >>> squared_loss(teacher, 4)
    1
    """
    return variance_loss(moved) + ((teacher.T * teacher - moved.T * moved).trace() + shift) ** 2 / 16


def squared_velocity(shift: Any = 0) -> Word:
    """Return Ẇ under the squared loss.

    Examples
    --------
    >>> (squared_velocity() - weights * gap / 2 - weights * (gap.trace() / 4)).terms
    {}
    """
    velocity: Word = weights * gap / 2 + weights * ((gap.trace() + shift) / 4)
    return velocity


def _add_flow(proof: Proof, name: str, loss: Any, velocity: Word) -> None:
    moved = loss(weights + step_along * step)
    proof.equal(
        f"in every direction V', dℓ = −tr(Ẇᵀ V') with {name}",
        direction(moved, step),
        -(velocity.T * step_along).trace(),
    )


def add_variance_flow(proof: Proof) -> None:
    """Add the flow of W under the variance loss.

    Examples
    --------
    >>> proof = Proof()
    >>> add_variance_flow(proof)
    >>> proof.steps[0].holds
    True
    """
    _add_flow(proof, "Ẇ = ½ W Δ for ℓ = ‖Δ‖²/8", variance_loss, weights * gap / 2)


def add_squared_flow(proof: Proof, shift: Any = 0) -> None:
    """Add the flow of W under the squared loss, with an offset b* − b.

    Examples
    --------
    >>> proof = Proof()
    >>> add_squared_flow(proof)
    >>> proof.steps[0].holds
    True
    """
    name, total = ("tr Δ", "tr(Δ)²") if shift == 0 else ("(tr Δ + b* − b)", "(tr Δ + b* − b)²")
    text = f"Ẇ = ½ W Δ + ¼ {name} W for ℓ = ‖Δ‖²/8 + {total}/16"
    _add_flow(proof, text, lambda moved: squared_loss(moved, shift), squared_velocity(shift))


def moved(velocity: Word) -> Word:
    """Return the velocity of WᵀW in the common basis.

    Examples
    --------
    >>> (moved(weights * gap / 2) - values * (goals - values)).terms
    {}
    """
    half = (weights.T * velocity).substituted(state)
    return basis * (half + half.T) * basis.T


def _add_bias_flow(proof: Proof) -> Any:
    speed = -squared_loss(weights, bias_goal - bias).diff(bias)
    proof.equal("ḃ = −dℓ/db = (tr Δ + b* − b)/8", speed, (gap.trace() + bias_goal - bias) / 8)
    return speed


def _add_expectation(proof: Proof) -> tuple[Any, Any, Any]:
    """Add the two means of y − h at Gaussian inputs, and return them with Δ's four coordinates."""
    x, size = symbols("x1:5", real=True), 4
    entries = {
        pair: symbols("Δ{}{}".format(*pair), real=True) for pair in combinations_with_replacement(range(1, 5), 2)
    }
    delta = Matrix(size, size, lambda i, j: entries[min(i, j) + 1, max(i, j) + 1])
    proof.equal(
        "‖W* x‖² − ‖W x‖² = xᵀ Δ x",
        (teacher * inputs).T * (teacher * inputs) - (weights * inputs).T * (weights * inputs),
        inputs.T * gap * inputs,
    )
    error = sum(delta[i, j] * x[i] * x[j] for i in range(size) for j in range(size))
    norm, total = sum(entry**2 for entry in delta), delta.trace()
    mean, square = gaussian_expectation(error, x), gaussian_expectation(error**2, x)
    proof.equal("E[xᵀ Δ x] = tr Δ", mean, total)
    proof.equal("E[(xᵀ Δ x)²] = 2 ‖Δ‖² + (tr Δ)²", square, 2 * norm + total**2)
    biased = gaussian_expectation((error + offset) ** 2, x)
    return mean, square, (norm, total, biased)


_FOUR = "every d: each term has at most four coordinates of x, and d = 4 with all entries of Δ decides"


@derivation(_FOUR)
def population(proof: Proof) -> None:
    """Take the variance loss's expectation."""
    mean, square, (norm, _, _) = _add_expectation(proof)
    proof.equal("E[(y − h)²]/16 − E[y − h]²/16 = ‖Δ‖²/8", (square - mean**2) / 16, norm / 8)


@derivation(_FOUR)
def squared_population(proof: Proof) -> None:
    """Take the squared loss's expectation."""
    _, square, (norm, total, _) = _add_expectation(proof)
    proof.equal("E[(y − h)²]/16 = ‖Δ‖²/8 + (tr Δ)²/16", square / 16, norm / 8 + total**2 / 16)


@derivation(_FOUR)
def bias_population(proof: Proof) -> None:
    """Take the squared loss's expectation with an offset."""
    _, _, (norm, total, biased) = _add_expectation(proof)
    proof.equal(
        "with δ = b* − b, E[(y − h)²]/16 = ‖Δ‖²/8 + (tr Δ + δ)²/16", biased / 16, norm / 8 + (total + offset) ** 2 / 16
    )


@derivation("every d, any W and x")
def equation7(proof: Proof) -> None:
    """Write the sum of squares as a form, and the form as a trace."""
    made = weights * inputs
    proof.equal("Σ_i (w_iᵀx)² = (Wx)ᵀ Wx = xᵀ WᵀW x", made.T * made, inputs.T * gram * inputs)
    proof.equal(
        "of a number, xᵀ WᵀW x, the trace is itself: tr((WᵀW)ᵀ x xᵀ)",
        (inputs.T * gram * inputs).trace(),
        (gram.T * (inputs * inputs.T)).trace(),
    )


@derivation("every d, any W and W*")
def minimum(proof: Proof) -> None:
    """Compare (tr Δ)² with d ‖Δ‖²."""
    _, square, (norm, total, _) = _add_expectation(proof)
    proof.equal("ℓ − ℓ_var = (tr Δ)²/16, ℓ_var = ‖Δ‖²/8", (square - (2 * norm)) / 16, total**2 / 16)
    mean = gap - identity() * (gap.trace() / DIMENSION)
    proof.equal(
        "‖Δ − (tr Δ/d) I‖² = ‖Δ‖² − (tr Δ)²/d, a sum of squares",
        mean.square(),
        gap.square() - gap.trace() ** 2 / DIMENSION,
    )
    entry, size = symbols("e", real=True), symbols("d", positive=True)
    proof.at_least("which is ≥ 0, so that (tr Δ)² ≤ d ‖Δ‖²", entry**2 / size)
    proof.equal(
        "(d ‖Δ‖²/16)/(‖Δ‖²/8) = d/2; and ‖Δ‖² = 0 where Δ = 0 only", (size * entry**2 / 16) / (entry**2 / 8), size / 2
    )


@derivation(_EVERY)
def equation10(proof: Proof) -> None:
    """Derive the flow of WᵀW from that of W."""
    add_variance_flow(proof)
    half = weights.T * weights * gap / 2
    proof.equal("d(WᵀW)/dt = WᵀẆ + its transpose = ½ (WᵀW Δ + Δ WᵀW)", half + half.T, (gram * gap + gap * gram) / 2)


@derivation(_EVERY)
def squared_flow(proof: Proof) -> None:
    """Derive the flow of W under the squared loss."""
    add_squared_flow(proof)


@derivation(_COMMON)
def eigenvalues(proof: Proof) -> None:
    """Put common eigenvectors into the flow of WᵀW."""
    add_variance_flow(proof)
    proof.equal(
        "U d(WᵀW)/dt Uᵀ = σ (σ* − σ), diagonal: eigenvectors stay, eigenvalues move by its entries",
        moved(weights * gap / 2),
        values * (goals - values),
    )


@derivation("a singular value 1 of W whose optimum is 2, at every d", refutes=True)
def singular_values(proof: Proof) -> None:
    """Put common eigenvectors into the flow of W itself."""
    s, wanted = symbols("s s*", positive=True)
    add_variance_flow(proof)
    moved = turn.T * (weights * gap / 2).substituted(state) * basis.T
    proof.equal(
        "with s = √σ the singular values of W, Vᵀ Ẇ Uᵀ = ½ s (s*² − s²), diagonal", moved, root * (goals - values) / 2
    )
    proof.differ(
        "derived ½ s (s*² − s²), printed s (s* − s)", s * (wanted**2 - s**2) / 2, s * (wanted - s), {s: 1, wanted: 2}
    )


@derivation(_COMMON)
def squared_eigenvalues(proof: Proof) -> None:
    """Put common eigenvectors into the flow under the squared loss."""
    add_squared_flow(proof)
    proof.equal(
        "U d(WᵀW)/dt Uᵀ = σ (σ* − σ + ½ Σ_j (σ_j* − σ_j)), diagonal",
        moved(squared_velocity()),
        values * (goals - values) + values * (trace / 2),
    )


@derivation(f"{_COMMON}, any b and b*")
def bias_values(proof: Proof) -> None:
    """Put common eigenvectors into the flow with a bias."""
    shift = bias_goal - bias
    add_squared_flow(proof, shift)
    proof.equal(
        "U d(WᵀW)/dt Uᵀ = σ (σ* − σ + ½ Σ_j (σ_j* − σ_j) + ½ (b* − b)), diagonal",
        moved(squared_velocity(shift)),
        values * (goals - values) + values * ((trace + shift) / 2),
    )


@derivation(f"{_EVERY}, any b and b*")
def bias_speed(proof: Proof) -> None:
    """Differentiate the loss in b."""
    speed = _add_bias_flow(proof)
    proof.equal(
        "where WᵀW and W*ᵀW* have common eigenvectors, tr Δ = Σ_j (σ_j* − σ_j)",
        gap.substituted(state).trace(),
        trace,
    )
    proof.equal("8 ḃ = tr Δ + b* − b", 8 * speed, gap.trace() + bias_goal - bias)


@derivation("wherever Σ_j (σ_j* − σ_j) + b* − b is not 0", refutes=True)
def bias_speed_printed(proof: Proof) -> None:
    """Divide what is printed by what was derived."""
    whole = symbols("e", positive=True)
    speed = _add_bias_flow(proof)
    printed = gap.trace() + bias_goal - bias
    proof.equal("printed over derived is 8", printed / speed, 8)
    proof.differ("with e = tr Δ + b* − b, derived e/8, printed e", whole / 8, whole, {whole: 1})


@derivation(f"{_COMMON}, any b*")
def bias_optimum(proof: Proof) -> None:
    """Put the bias's optimum into both velocities."""
    shift = bias_goal - bias
    add_squared_flow(proof, shift)
    speed = _add_bias_flow(proof)
    best = {bias: gap.trace() + bias_goal}
    proof.equal("at b = tr Δ + b*, ḃ = 0", speed.subs(best), 0)
    proof.equal("and U d(WᵀW)/dt Uᵀ = σ (σ* − σ)", moved(squared_velocity(shift.subs(best))), values * (goals - values))


@derivation(f"{_COMMON}, any b and b*")
def bias_ratio(proof: Proof) -> None:
    """Put ḃ into the velocity of the eigenvalues."""
    shift = bias_goal - bias
    add_squared_flow(proof, shift)
    speed = _add_bias_flow(proof)
    there = with_words(speed, state)
    proof.equal(
        "U d(WᵀW)/dt Uᵀ = σ (σ* − σ) + 4 ḃ σ",
        moved(squared_velocity(shift)),
        values * (goals - values) + values * (4 * there),
    )


def _add_quotient(proof: Proof) -> tuple[Any, Any]:
    """Add σ̇_i/(σ_i ḃ) where σ_i* − σ_i is `part` of e = tr Δ + b* − b; return both."""
    part, whole = symbols("part e", real=True)
    shift = bias_goal - bias
    add_squared_flow(proof, shift)
    _add_bias_flow(proof)
    proof.equal(
        "with e = tr Δ + b* − b, U d(WᵀW)/dt Uᵀ = σ (σ* − σ) + ½ e σ, and ḃ = e/8",
        moved(squared_velocity(shift)),
        values * (goals - values) + values * ((trace + shift) / 2),
    )
    quotient = (part * whole + whole / 2) / (whole / 8)
    proof.equal("where σ_i* − σ_i is a part of e, σ̇_i/(σ_i ḃ) = 4 + 8 part", quotient, 4 + 8 * part)
    return part, 4 + 8 * part


@derivation("every part = (σ_i* − σ_i)/(Σ_j (σ_j* − σ_j) + b* − b) above −3/16", refutes=True)
def ratio_printed(proof: Proof) -> None:
    """Divide the two velocities."""
    part, quotient = _add_quotient(proof)
    proof.differ("where σ_i* − σ_i is ignored: derived and printed", quotient, 1, {part: 0})
    u, v = symbols("u", positive=True), symbols("v", nonnegative=True)
    proof.at_least("for part = v ≥ 0, σ̇_i/(σ_i ḃ) − 1 > 8 |part|", quotient.subs(part, v) - 1, 8 * v, strictly=True)
    below = u - Rational(3, 16)
    proof.at_least("for part = −3/16 + u < 0 as well", quotient.subs(part, below) - 1, -8 * below, strictly=True)


@derivation("|part| ≤ 1/10, part = (σ_i* − σ_i)/(Σ_j (σ_j* − σ_j) + b* − b), every d")
def ratio_order(proof: Proof) -> None:
    """Bound the quotient of the two velocities."""
    part, quotient = _add_quotient(proof)
    u = symbols("u", nonnegative=True)
    proof.at_least("for part = −1/10 + u it exceeds 3", quotient.subs(part, u - tenth), 3, strictly=True)
    proof.at_least("for part = 1/10 − u it is below 5", 5, quotient.subs(part, tenth - u), strictly=True)
