"""Appendix G: the circular-convolutional classifier is a diagonal one in Fourier coordinates.

``ŵ[k] = Σ_p w[p] e^(−2πi kp/d)``, without a factor. The unitary transform, ŵ/√d, would put d^((N−1)/2) into the lemma
and take the d from the speed of the flow.
"""

from collections.abc import Callable
from functools import partial

import mpmath as mp

from flowlab.claims._stating import Arithmetic, Number, agreement, slope, stated
from flowlab.claims.gissin2020._matrices import SPREAD, Drawn
from flowlab.claims.gissin2020.classification import EXAMPLES
from flowlab.claims.gissin2020.derivations import derived
from flowlab.verify import Integer

Vector = list[Number]
Layers = list[Vector]

_SMALL = "sizes that difference quotients of direct convolutions take"
_NETWORK = {
    "depth": Integer(1, 3, printed="any N", ours=f"N ≤ 3: {_SMALL}"),
    "size": Integer(1, 5, printed="any d", ours=f"d ≤ 5: {_SMALL}"),
    **EXAMPLES,
}


def transform(vector: Vector) -> Vector:
    """Return the discrete Fourier transform without a factor.

    Examples
    --------
    >>> [int(mp.re(entry)) for entry in transform([mp.mpf(1), mp.mpf(0)])]
    [1, 1]
    """
    size = len(vector)
    return [
        mp.fsum(entry * mp.expjpi(mp.mpf(-2 * k * p) / size) for p, entry in enumerate(vector)) for k in range(size)
    ]


def inverse(coefficients: Vector) -> Vector:
    """Return the real vector with these Fourier coefficients.

    Examples
    --------
    >>> [int(entry) for entry in inverse([mp.mpf(4), mp.mpf(0)])]
    [2, 2]
    """
    size = len(coefficients)
    return [mp.re(entry) / size for entry in map(mp.conj, transform([mp.conj(entry) for entry in coefficients]))]


def output(inputs: Vector, layers: Layers) -> Number:
    """Return f(x), layer after layer, as the paper defines them.

    Examples
    --------
    >>> print(output([1, 2, 3], [[0, 1, 0], [1, 0, 0]]))  # the first layer shifts, the last reads the first entry
    2.0
    """
    hidden, size = inputs, len(inputs)
    for layer in layers[:-1]:
        hidden = [mp.fsum(layer[k] * hidden[(i + k) % size] for k in range(size)) for i in range(size)]
    return mp.fdot(hidden, layers[-1])


def predictor(layers: Layers) -> Vector:
    """Return σ: what f makes of the unit vectors.

    Examples
    --------
    >>> [int(entry) for entry in predictor([[0, 1, 0], [1, 0, 0]])]
    [0, 1, 0]
    """
    size = len(layers[0])
    return [output([mp.mpf(p == i) for i in range(size)], layers) for p in range(size)]


class _Examples:
    """Labelled examples, and the exponential loss on them."""

    def __init__(self, draw: Drawn, examples: int, size: int) -> None:
        self.rows = [draw.real(size) for _ in range(examples)]
        self.labels = draw.signs(examples)

    def loss(self, predict: Callable[[int], Number]) -> Number:
        """Return the mean of e^(−y_j f_j), of a function that gives f_j."""
        return mp.fsum(mp.exp(-label * predict(j)) for j, label in enumerate(self.labels)) / len(self.labels)

    def slope(self, sigma: Vector) -> Vector:
        """Return the gradient in σ."""
        parts = [
            -y * mp.exp(-y * mp.fdot(sigma, x)) / len(self.rows) for x, y in zip(self.rows, self.labels, strict=True)
        ]
        return [mp.fdot(parts, [row[i] for row in self.rows]) for i in range(len(sigma))]

    def velocities(self, layers: Layers) -> Layers:
        """Return the flow of every layer, by difference quotients of the loss."""

        def fall(n: int, k: int, value: Number) -> Number:
            """Return minus the loss where one entry of a layer has another value."""
            moved = [*layers[n][:k], value, *layers[n][k + 1 :]]
            return -self.loss(lambda j: output(self.rows[j], [*layers[:n], moved, *layers[n + 1 :]]))

        return [
            [slope(partial(fall, n, k), entry, 1) for k, entry in enumerate(layer)] for n, layer in enumerate(layers)
        ]


def _drawn(depth: Number, size: int, examples: int, seed: int) -> tuple[Layers, _Examples]:
    draw = Drawn(seed, 0)
    return [draw.real(size) for _ in range(int(depth))], _Examples(draw, examples, size)


def _all_agree(left: Layers, right: Layers, scale: Number) -> Number:
    return min(
        agreement(a, b, scale) for one, other in zip(left, right, strict=True) for a, b in zip(one, other, strict=True)
    )


def _others(spectra: Layers, n: int, k: int) -> Number:
    """Return Π_{m≠n} ŵ_m[k]."""
    return mp.fprod(spectrum[k] for m, spectrum in enumerate(spectra) if m != n)


@stated(
    "gissin2020.appendix_g.lemma",
    title="Fourier coefficients of the convolutional network",
    source="appendix G, Lemma (Lemma 3 of Gunasekar et al. 2018)",
    hypotheses={
        "depth": Integer(1, 6, printed="any N ≥ 1", ours="N ≤ 6: sizes that direct convolution takes"),
        "size": Integer(1, 9, printed="any d ≥ 1", ours="d ≤ 9: sizes that direct convolution takes"),
        "seed": Integer(0, printed="any layers (what the seed draws)"),
        "spread": SPREAD,
    },
    identity=True,
    derivation=derived("convolution.lemma"),
)
def lemma(m: Arithmetic, depth: Number, size: int, seed: int, spread: int) -> Number:
    """The linear model f(x) = <σ, x> that the network computes has σ̂ = ŵ_1 ∘ ⋯ ∘ ŵ_N.

    f(x) = Σ w_N[i] w_{N−1}[k_{N−1}] ⋯ w_1[k_1] x[i + k_1 + ⋯ mod d], so that σ is the circular convolution of all
    layers, which the transform turns into a product. Holds for the transform without a factor, which the paper leaves
    open. Here σ is read off the layers themselves, fed with unit vectors.
    """
    draw = Drawn(seed, spread)
    layers = [draw.real(size) for _ in range(int(depth))]
    with mp.extradps(spread):
        spectra = [transform(layer) for layer in layers]
        product = [mp.fprod(spectrum[k] for spectrum in spectra) for k in range(size)]
        whole = transform(predictor(layers))
        scale = mp.fprod(mp.fsum(layer, absolute=True) for layer in layers)
    return _all_agree([whole], [product], scale)


@stated(
    "gissin2020.appendix_g.flow",
    title="flow of the Fourier coefficients",
    source="appendix G («connects the convolutional network to the diagonal network»; not displayed there)",
    hypotheses=_NETWORK,
    identity=True,
    derivation=derived("convolution.flow"),
)
def flow(m: Arithmetic, depth: Number, size: int, examples: int, seed: int) -> Number:
    """Gradient flow of the convolutional network moves ŵ_n by −ŝ ∘ Π_{m≠n} conj(ŵ_m), with s the loss's gradient in σ.

    dℓ/dw_n[k] = Σ_p s[p] c[p − k] with c the convolution of the other layers: a correlation, of which the transform
    makes ŝ ∘ conj(ĉ). Here ẇ_n consists of difference quotients of the exponential loss, layer after layer.
    """
    layers, data = _drawn(depth, size, examples, seed)
    velocities = data.velocities(layers)
    with mp.extradps(20):
        spectra = [transform(layer) for layer in layers]
        slopes = transform(data.slope(predictor(layers)))
        moved = [transform(velocity) for velocity in velocities]
        wanted = [[-slopes[k] * mp.conj(_others(spectra, n, k)) for k in range(size)] for n in range(len(layers))]
        scale = data.loss(lambda j: output(data.rows[j], layers))
    return _all_agree(moved, wanted, scale)


@stated(
    "gissin2020.appendix_g.correspondence",
    title="from convolutions to a diagonal network",
    source="appendix G (not displayed there)",
    hypotheses=_NETWORK,
    identity=True,
    derivation=derived("convolution.correspondence"),
)
def correspondence(m: Arithmetic, depth: Number, size: int, examples: int, seed: int) -> Number:
    """The ŵ_n move as complex weights v_n of a diagonal network, f(x) = Re <v_1 ∘ ⋯ ∘ v_N, x̂>/d, d times as fast.

    By Parseval both networks compute the same f at v_n = ŵ_n, in which Re <a, b> = Re Σ_k a_k conj(b_k). The weights
    are real parts and imaginary parts, and v = F w with F Fᴴ = d: a gradient in w is Fᴴ times that in v, so that ŵ_n
    moves by F Fᴴ = d times what v_n would. Here the velocities on both sides are difference quotients.
    """
    layers, data = _drawn(depth, size, examples, seed)
    velocities = data.velocities(layers)
    with mp.extradps(20):
        moved = [transform(velocity) for velocity in velocities]

    with mp.workprec(3 * mp.mp.prec + 80):  # what `slope` works with
        weights, inputs = [transform(layer) for layer in layers], [transform(row) for row in data.rows]

    def fall(n: int, k: int, direction: Number, value: Number) -> Number:
        """Return minus the diagonal network's loss where one of its weights is so much further."""
        product = [mp.fprod(spectrum[i] for spectrum in weights) for i in range(size)]
        product[k] += direction * value * _others(weights, n, k)
        return -data.loss(lambda j: mp.re(mp.fdot(product, map(mp.conj, inputs[j]))) / size)

    def speed(n: int, k: int, direction: Number) -> Number:
        return direction * size * slope(partial(fall, n, k, direction), mp.mpf(0), 1)

    diagonal = [[speed(n, k, mp.mpf(1)) + speed(n, k, mp.j) for k in range(size)] for n in range(len(layers))]
    return _all_agree(moved, diagonal, data.loss(lambda j: output(data.rows[j], layers)))


@stated(
    "gissin2020.appendix_g.balance",
    title="what the flow of convolutions conserves",
    source="appendix G (not stated there)",
    hypotheses=_NETWORK,
    identity=True,
    derivation=derived("convolution.balance"),
)
def balance(m: Arithmetic, depth: Number, size: int, examples: int, seed: int) -> Number:
    """Gradient flow of the convolutional network changes |ŵ_n[k]|² by the same amount for all layers n, at each k.

    d|ŵ_n|²/dt = −2 Re(ŝ conj(σ̂)) whatever n, by the flow of the Fourier coefficients and the lemma. So amplitudes that
    are equal stay equal. The velocities are difference quotients of the exponential loss.
    """
    layers, data = _drawn(depth, size, examples, seed)
    velocities = data.velocities(layers)
    with mp.extradps(20):
        spectra, moved = [transform(layer) for layer in layers], [transform(velocity) for velocity in velocities]
        gains = [
            [2 * mp.re(mp.conj(spectrum[k]) * velocity[k]) for k in range(size)]
            for spectrum, velocity in zip(spectra, moved, strict=True)
        ]
        sigma = predictor(layers)
        slopes, whole = transform(data.slope(sigma)), transform(sigma)
        wanted = [-2 * mp.re(slopes[k] * mp.conj(whole[k])) for k in range(size)]
    return _all_agree(gains, [wanted] * len(layers), data.loss(lambda j: output(data.rows[j], layers)))


@stated(
    "gissin2020.appendix_g.attenuation",
    title="small amplitudes are attenuated",
    source="appendix G («small amplitudes are attenuated while large ones are amplified»)",
    hypotheses=_NETWORK,
    identity=True,
    derivation=derived("convolution.attenuation"),
)
def attenuation(m: Arithmetic, depth: Number, size: int, examples: int, seed: int) -> Number:
    """Where |ŵ_n[k]| is the same for all n, dσ̂[k]/dt = −N |σ̂[k]|^(2−2/N) ŝ[k], with s the loss's gradient in σ.

    By the flow of the Fourier coefficients and the product rule, dσ̂/dt = −ŝ Σ_n Π_{m≠n} |ŵ_m|², and each factor is
    |σ̂|^(2/N). It is eq. 4's power of σ. The velocities are difference quotients of the exponential loss.
    """
    draw = Drawn(seed, 0)
    amplitudes = draw.positive(size)
    with mp.extradps(20):
        layers = []
        for _ in range(int(depth)):
            free = [mp.expjpi(2 * part) for part in draw.positive(size)]
            # the coefficients of a real vector: conjugate at k and d − k
            turned = [free[k] if k < size - k else mp.conj(free[size - k]) for k in range(size)]
            alone = [sign if (2 * k) % size == 0 else turned[k] for k, sign in enumerate(draw.signs(size))]
            layers.append(inverse([amplitudes[min(k, size - k)] * alone[k] for k in range(size)]))
    data = _Examples(draw, examples, size)
    velocities = data.velocities(layers)
    with mp.extradps(20):
        spectra, moved = [transform(layer) for layer in layers], [transform(velocity) for velocity in velocities]
        sigma = predictor(layers)
        slopes, whole = transform(data.slope(sigma)), transform(sigma)
        change = [mp.fsum(_others(spectra, n, k) * moved[n][k] for n in range(len(layers))) for k in range(size)]
        wanted = [-depth * abs(whole[k]) ** (2 - 2 / depth) * slopes[k] for k in range(size)]
    return _all_agree([change], [wanted], data.loss(lambda j: output(data.rows[j], layers)))
