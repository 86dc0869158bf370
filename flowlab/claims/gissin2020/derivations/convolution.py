"""Appendix G: convolutions in Fourier coordinates, for every d and N.

A circular sum of two indices is k + q − m d with an integer m, and the transform's factors are e^(−2πiκp/d).
"""

from typing import Any

from flowlab.claims.gissin2020.derivations.toy import N
from flowlab.symbolic import symbols
from flowlab.symbolic.proving.functions import I, conjugate, exp, pi
from flowlab.symbolic.proving.steps import Proof, derivation

d = symbols("d", integer=True, positive=True)
frequency, k, q, m = symbols("κ k q m", integer=True)
z = symbols("z")
_SIZES = (1, 2, 3, 4, 5)


def turn(place: Any) -> Any:
    """Return the factor of an entry in the transform.

    Examples
    --------
    >>> turn(0)
    1
    """
    return exp(-2 * pi * I * frequency * place / d)


def _layer(name: str, size: int) -> tuple[Any, ...]:
    return tuple(symbols(f"{name}:{size}", real=True))


def _transform(vector: Any, size: int) -> Any:
    """Return Σ_p v[p] z^p of a vector given by its entries at any integers, for z^d = 1."""
    return sum(entry * z ** (place % size) for place, entry in vector)


def _convolved(left: Any, right: Any, size: int) -> list[Any]:
    """Return what a layer makes of one whose output at i is Σ_q right[q] x[i + q]: the coefficients of x at i = 0."""
    inputs = _layer("x", size)
    hidden = [sum(right[j] * inputs[(i + j) % size] for j in range(size)) for i in range(size)]
    output = sum(left[j] * hidden[j] for j in range(size))
    return [output.diff(entry) for entry in inputs]


def _add_lemma(proof: Proof) -> None:
    proof.equal(
        "in w[k] c[q] x[k + q], e^(−2πiκ(k + q − m d)/d) = e^(−2πiκk/d) e^(−2πiκq/d) whatever integer m",
        turn(k + q - m * d),
        turn(k) * turn(q),
    )
    for size in _SIZES:
        w, c = _layer("w", size), _layer("c", size)
        made = _transform(enumerate(_convolved(w, c, size)), size)
        product = _transform([(i + j, w[i] * c[j]) for i in range(size) for j in range(size)], size)
        proof.equal(f"d = {size}: a layer w on a predictor c makes one with the transform ŵ ∘ ĉ", made, product)


def _add_flow(proof: Proof) -> None:
    _add_lemma(proof)
    proof.equal(
        "in s[p] c[p − k], e^(−2πiκk/d) = e^(−2πiκp/d) conj(e^(−2πiκ(p − k + m d)/d)) whatever integer m",
        turn(k),
        turn(q) * turn(-(q - k + m * d)),
    )
    for size in _SIZES:
        w, c, s = _layer("w", size), _layer("c", size), _layer("s", size)
        sigma = _convolved(w, c, size)
        slopes = [sum(s[p] * sigma[p].diff(w[i]) for p in range(size)) for i in range(size)]
        wanted = _transform([(i - j, s[i] * c[j]) for i in range(size) for j in range(size)], size)
        text = f"d = {size}: the slopes Σ_p s[p] ∂σ[p]/∂w[k] have the transform ŝ ∘ conj(ĉ)"
        proof.equal(text, _transform(enumerate(slopes), size), wanted)


def _complex(*names: str) -> list[Any]:
    return [a + I * b for a, b in (symbols(f"{name}1 {name}2", real=True) for name in names)]


@derivation("every d and N, by induction over layers; written out in full for d ≤ 5")
def lemma(proof: Proof) -> None:
    """Add one layer to a predictor; the first reads x itself, whose predictor has the transform 1."""
    _add_lemma(proof)


@derivation("every d and N, any loss of σ; written out in full for d ≤ 5")
def flow(proof: Proof) -> None:
    """Transform the slopes of any loss of σ = w ⊛ c, where c is made of the other layers."""
    _add_flow(proof)


@derivation("every d and N, any loss of σ")
def correspondence(proof: Proof) -> None:
    """Compare with the slopes of f = Re <v P, x̂>/d in v, where P is the product of the other layers."""
    _add_flow(proof)
    v, product, x = _complex("v", "P", "x")
    a, b = symbols("v1 v2", real=True)
    output = (v * product * conjugate(x)).expand().as_real_imag()[0] / d
    proof.equal(
        "∂f/∂Re v + i ∂f/∂Im v = x̂ conj(P)/d: on a loss with the slope s in σ, −v̇ = ŝ conj(P)/d",
        output.diff(a) + I * output.diff(b),
        x * conjugate(product) / d,
    )
    proof.equal("the transform F has F Fᴴ = d: on the diagonal, each of d terms is 1", turn(q) * turn(-q), 1)
    j = symbols("j", integer=True, positive=True)
    ratio = exp(-2 * pi * I * j / d)
    proof.equal("off it, a geometric series of a ratio whose d-th power is 1, thus 0", ratio**d, 1)
    proof.equal(
        "d (ŝ conj(P)/d) = ŝ conj(P): ŵ moves d times as fast as v",
        d * (x * conjugate(product) / d),
        x * conjugate(product),
    )


@derivation("every d and N, any loss of σ")
def balance(proof: Proof) -> None:
    """Multiply the flow of one layer by its own coefficient."""
    _add_flow(proof)
    w, product, s = _complex("w", "P", "s")
    speed = -s * conjugate(product)
    a, b = w.as_real_imag()
    up, along = speed.expand(complex=True).as_real_imag()
    wanted = -2 * (s * conjugate(w * product)).expand(complex=True).as_real_imag()[0]
    proof.equal(
        "with σ̂ = ŵₙ P, d|ŵₙ|²/dt = 2 Re(conj(ŵₙ) dŵₙ/dt) = −2 Re(ŝ conj(σ̂)), whatever n",
        2 * (a * up + b * along),
        wanted,
    )


@derivation("every d, every real N > 0 as the exponent of |ŵ|, any loss of σ")
def attenuation(proof: Proof) -> None:
    """Add up what all layers do to their product."""
    size = symbols("ρ", positive=True)
    _add_flow(proof)
    product, s = _complex("P", "s")
    a, b = product.as_real_imag()
    proof.equal(
        "a layer moves σ̂ by P dŵₙ/dt = −ŝ |P|², P the product of the others",
        product * -s * conjugate(product),
        -s * (a**2 + b**2),
    )
    proof.equal(
        "where all |ŵₙ| are ρ, N |P|² = N ρ^(2N−2) = N |σ̂|^(2−2/N), as |σ̂| = ρ^N",
        N * (size ** (N - 1)) ** 2,
        N * (size**N) ** (2 - 2 / N),
    )
