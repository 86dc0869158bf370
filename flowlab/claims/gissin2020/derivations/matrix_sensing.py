"""Section 4.1 and appendix E from eq. 6, at every size d: matrices are letters here, and no entry is written down.

`A` is the product of what stands after the factor in W = W_N ⋯ W_1, `B` of what stands before it.
"""

from typing import Any

from flowlab.claims.gissin2020.derivations.toy import N, any_target, eq4, flow, power, sigma, target, w
from flowlab.claims.gissin2020.derivations.toy import loss as toy_loss
from flowlab.symbolic import GradientFlow, gaussian_expectation, symbols
from flowlab.symbolic.proving.functions import Matrix
from flowlab.symbolic.proving.steps import Proof, derivation
from flowlab.symbolic.proving.words import Word, direction, matrix

after, before, factor, goal, step_along = (matrix(name) for name in ("A", "B", "Wₙ", "W*", "V"))
step = symbols("ε", real=True)
n, m = symbols("n n'", positive=True)
#: W*'s basis, and what the factors, the products around one and W* are in it.
basis = matrix("Q", "orthogonal")
a, b, p, g = (matrix(name, "diagonal") for name in ("a", "b", "p", "g"))


def sensing_loss(product: Word, weight: Any = N) -> Any:
    """Return eq. 6 of the product of all factors, with 1/(2 weight) in place of 1/(2N).

    Examples
    --------
    >>> sensing_loss(goal)
    0
    """
    return (product - goal).square() / (2 * weight)


def corrected(weight: Any = N) -> Word:
    """Return how a factor moves.

    Examples
    --------
    >>> proof = Proof()
    >>> add_factor_flow(proof, 2)
    >>> proof.steps[0].holds
    True
    """
    velocity: Word = after.T * (goal - after * factor * before) * before.T / weight
    return velocity


def add_factor_flow(proof: Proof, weight: Any = N) -> None:
    """Add the step from the loss to the flow of a factor.

    Examples
    --------
    >>> proof = Proof()
    >>> add_factor_flow(proof)
    >>> proof.steps[0].text
    'in every direction V, dℓ = −tr(Ẇₙᵀ V) with Ẇₙ = (1/N) Aᵀ (W* − A Wₙ B) Bᵀ'
    """
    scale = {N: "1/N", N**2: "1/N²"}.get(weight, f"1/{weight}")
    proof.equal(
        f"in every direction V, dℓ = −tr(Ẇₙᵀ V) with Ẇₙ = ({scale}) Aᵀ (W* − A Wₙ B) Bᵀ",
        direction(sensing_loss(after * (factor + step_along * step) * before, weight), step),
        -(corrected(weight).T * step_along).trace(),
    )


def along(diagonal: Word) -> Word:
    """Return the matrix that is diagonal in W*'s basis.

    Examples
    --------
    >>> (along(a) * along(b) - along(a * b)).terms
    {}
    """
    return basis.T * diagonal * basis


def _in_basis(velocity: Word) -> Word:
    """Return a velocity where all is diagonal in W*'s basis, in that basis."""
    states = {"A": along(a), "B": along(b), "Wₙ": along(p), "W*": along(g)}
    return basis * velocity.substituted(states) * basis.T


def _add_diagonal(proof: Proof, weight: Any = N) -> None:
    proof.equal(
        "where A = Qᵀ a Q, B = Qᵀ b Q, Wₙ = Qᵀ p Q and W* = Qᵀ g Q with diagonal a, b, p and g, "
        "Q Ẇₙ Qᵀ = a b (g − a p b) over the same number: diagonal",
        _in_basis(corrected(weight)),
        a * b * (g - a * p * b) / weight,
    )


def _entry(place: Any, weight: Any = N) -> Any:
    """Return ẇ_i where every factor has the weight w_i in that basis."""
    before, after = w ** (place - 1), w ** (N - place)
    return after * before * (any_target - after * w * before) / weight


@derivation("every d: each term of the square has two entries of A, and two decide")
def equation6(proof: Proof) -> None:
    """Take the expectation over two entries."""
    e, f, x, y = symbols("e f A₁ A₂", real=True)
    proof.equal(
        "with e = W − W*, E[(e₁ A₁ + e₂ A₂)²] = e₁² + e₂²",
        gaussian_expectation((e * x + f * y) ** 2, [x, y]),
        e**2 + f**2,
    )


@derivation("d = 1, every N and n, any weights and σ*")
def scalar(proof: Proof) -> None:
    """Take the toy model's expectation with N weights, of which w is one and c the product of the others."""
    others, x = symbols("c", positive=True), symbols("x", real=True)
    error = any_target * x - others * w * x
    loss = gaussian_expectation(error**2, x) / (2 * N)
    proof.equal(
        "E[(σ* x − c w x)²]/(2N) = (σ* − c w)²/(2N), which is eq. 6 at d = 1",
        loss,
        (any_target - others * w) ** 2 / (2 * N),
    )
    proof.equal("ẇ = (1/N) (σ* − c w) c", flow(loss).rhs[w], (any_target - others * w) * others / N)
    equal = others * (any_target - others * w) / N
    proof.equal(
        "with c = w^(N−1) it is the shared weight's ẇ under 1/(2N²)",
        equal.subs(others, w ** (N - 1)),
        flow(toy_loss.subs(target, any_target)).rhs[w],
    )


@derivation("every d, N and n, any factors and W*")
def factor_flow(proof: Proof) -> None:
    """Derive the flow of a factor in any direction."""
    add_factor_flow(proof)


@derivation("N = 2, d = 2, the first factor, W₂ = [[0, 1], [0, 0]], W* = diag(1, 0)", refutes=True)
def factor_flow_printed(proof: Proof) -> None:
    """Put numbers into what is printed, and into the loss."""
    add_factor_flow(proof)
    entries = symbols("w11 w12 w21 w22", real=True)
    first, second, wanted = Matrix(2, 2, entries), Matrix([[0, 1], [0, 0]]), Matrix([[1, 0], [0, 0]])
    error = wanted - second * first
    loss = sum(entry**2 for entry in error) / 4
    moved = Matrix(2, 2, list(GradientFlow.from_loss(loss, entries).rhs.values()))
    proof.equal("with these numbers Ẇ₁ is ½ W₂ᵀ (W* − W₂ W₁)", moved, second.T * error / 2)
    printed = error * second.T / 2
    proof.differ(
        "its entry (2, 1) is not that of ½ (W* − W₂ W₁) W₂ᵀ", moved[1, 0], printed[1, 0], dict.fromkeys(entries, 0)
    )


@derivation("every d, N ≥ 2 and n, any factors and W*")
def balance(proof: Proof) -> None:
    """Compare what neighbours gain and lose."""
    lower, upper = matrix("Wₙ"), matrix("Wₙ₊₁")
    error = goal - after * upper * lower * before
    raised, lowered = after.T * error * (lower * before).T / N, (after * upper).T * error * before.T / N
    for name, moved, velocity in (
        ("Wₙ₊₁", after * (upper + step_along * step) * lower * before, raised),
        ("Wₙ", after * upper * (lower + step_along * step) * before, lowered),
    ):
        proof.equal(
            f"the flow of {name}, in every direction",
            direction(sensing_loss(moved), step),
            -(velocity.T * step_along).trace(),
        )
    gain, loss = upper.T * raised, lowered * lower.T
    proof.equal("Wₙ₊₁ᵀ Ẇₙ₊₁ = Ẇₙ Wₙᵀ", gain, loss)
    proof.equal("d(Wₙ₊₁ᵀ Wₙ₊₁)/dt = d(Wₙ Wₙᵀ)/dt", gain + gain.T, loss + loss.T)


@derivation("every d, N and n, factors equal or not")
def diagonalisable(proof: Proof) -> None:
    """Put matrices that are diagonal in one basis into the flow of a factor."""
    add_factor_flow(proof)
    _add_diagonal(proof)


@derivation("every d, every real N > 0, n and n'")
def equal_factors(proof: Proof) -> None:
    """Compare two layers of equal factors."""
    add_factor_flow(proof)
    _add_diagonal(proof)
    proof.equal(
        "with a = p^(N−n) and b = p^(n−1) an entry of it is (1/N) w^(N−1) (σ* − w^N)",
        _entry(n),
        w ** (N - 1) * (any_target - w**N) / N,
    )
    proof.equal("the same for the layers n and n'", _entry(n), _entry(m))


@derivation("every d, every real N > 0")
def decoupled(proof: Proof) -> None:
    """Go on from one entry of equal factors to the product's."""
    add_factor_flow(proof)
    _add_diagonal(proof)
    proof.equal("with a = p^(N−n) and b = p^(n−1) an entry of it does not depend on n", _entry(n), _entry(m))
    proof.equal("it is the toy model's ẇ", _entry(n), flow(toy_loss.subs(target, any_target)).rhs[w])
    moved = N * w ** (N - 1) * _entry(n)
    proof.equal(
        "σ_i = w_iᴺ moves by N w_i^(N−1) ẇ_i = σ_i^(2−2/N) (σ_i* − σ_i)",
        moved,
        eq4.subs({target: any_target, sigma: w**N}),
    )


@derivation("every d, every real N > 0")
def normalisation(proof: Proof) -> None:
    """Do the same with the toy model's 1/(2N²)."""
    add_factor_flow(proof, N**2)
    _add_diagonal(proof, N**2)
    moved = N * w ** (N - 1) * _entry(n, N**2)
    proof.equal(
        "σ_i = w_iᴺ moves by (1/N) σ_i^(2−2/N) (σ_i* − σ_i)",
        moved,
        (sigma**power * (any_target - sigma) / N).subs(sigma, w**N),
    )
