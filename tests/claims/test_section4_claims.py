"""The claims on larger models: that they refute what is nearly right, and the counterexamples by hand."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab import claims
from flowlab.claims.gissin2020 import _matrices as matrices
from flowlab.claims.gissin2020 import appendix_f, appendix_g, quadratic, theorem4
from flowlab.models import ConvolutionalClassifier
from flowlab.verify import verify

with mp.workdps(50):
    NEARLY = mp.mpf(1) + mp.mpf(10) ** -20
STATE = {"sigma_1": mp.mpf(1) / 8, "sigma_2": mp.mpf(3), "target_1": mp.mpf(2), "target_2": mp.mpf(5) / 4}


@pytest.mark.parametrize("depth", [1, 2, 3, 10**6])
def test_theorem_4_refutes_another_speed_and_another_power(depth):
    with mp.workdps(50):
        arguments = {"depth": mp.mpf(depth), "place": mp.mpf(1) / 2, **STATE, "angle": mp.mpf(1)}
        assert theorem4._product_moves(depth, mp.mpf(1), **arguments) > 0.99
        assert theorem4._product_moves(depth, NEARLY, **arguments) < 0
        assert theorem4._product_moves(depth * NEARLY, mp.mpf(1), **arguments) < 0


@given(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300), st.floats(0, 7))
@settings(max_examples=40, deadline=None)
def test_theorem_4_sees_the_small_value_beside_the_large_one(small, large, angle):
    """An error of 10^−20 in either of them alone is seen, hundreds of decades apart."""
    with mp.workdps(50):
        values = [mp.mpf(small), mp.mpf(large)]
        with mp.extradps(4 * matrices.reach(*values)):
            basis = matrices.orthogonal(2, [mp.mpf(angle)])
            back = basis * matrices.along(basis, values) * basis.T
        assert matrices.diagonal(back, values, values) > 0.99
        for i in range(2):
            wrong = [value * (NEARLY if i == j else 1) for j, value in enumerate(values)]
            assert matrices.diagonal(back, wrong, values) < 0
        back[0, 1] += min(values) * mp.mpf(10) ** -20
        assert matrices.diagonal(back, values, values) < 0


@pytest.mark.parametrize("change", [0, mp.mpf(10) ** -20])
def test_appendix_f_refutes_another_coupling_and_another_bias(change):
    with mp.workdps(50):
        state = quadratic.state_of(**STATE, angle=mp.mpf(1), turn=mp.mpf(2))
        half = mp.mpf(1) / 16  # ½ tr Δ
        offset = mp.mpf(3)
        assert (appendix_f._moves(state, half + change, mp.mpf(0)) > 0) == (change == 0)
        assert (appendix_f._moves(state, half + offset / 2, offset + change) > 0) == (change == 0)


def test_printed_flow_of_a_factor_by_hand():
    """N = 2, W* = 0: ½ W_2ᵀ (W* − W) is the slope, (1/2) (W* − W) W_2ᵀ is not."""
    first, second = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [2.0, 1.0]])

    def loss(w):
        return np.sum((second @ w) ** 2) / 4

    step, slopes = 1e-4, np.zeros((2, 2))
    for i, j in np.ndindex(2, 2):
        moved = np.zeros((2, 2))
        moved[i, j] = step
        slopes[i, j] = (loss(first + moved) - loss(first - moved)) / (2 * step)
    product = second @ first
    assert np.allclose(-slopes, second.T @ -product / 2, atol=1e-8)
    assert not np.allclose(-slopes, -product @ second.T / 2, atol=0.1)


def test_theorem_5_fails_by_sampling_where_its_correction_does_not():
    """W = 1 and W* = 2: w moves by 3/2 and w² by 3 = 1 · (4 − 1), where the theorem as printed has w move by 1."""
    squares = np.random.default_rng(0).standard_normal(1_000_000) ** 2

    def variance_loss(w):
        return np.var((4 - w**2) * squares) / 16

    moved = -(variance_loss(1.001) - variance_loss(0.999)) / 0.002
    assert moved == pytest.approx(3 / 2, rel=0.02)
    assert moved != pytest.approx(1, rel=0.2)


def test_speed_of_the_bias_by_sampling():
    """The slope in b of the mean of (xᵀΔx + b* − b)²/16, at drawn inputs."""
    random = np.random.default_rng(0)
    gap, offset = np.diag([1.5, -0.5, 0.25]), 0.75
    x = random.standard_normal((400_000, 3))
    speed = np.mean(2 * (np.einsum("mi,ij,mj->m", x, gap, x) + offset)) / 16
    assert speed == pytest.approx((1.25 + 0.75) / 8, rel=0.02)


@pytest.mark.parametrize("spread", [0, 100])
def test_draws_are_the_same_at_every_precision(spread):
    drawn = []
    for digits in (15, 50, 400):
        with mp.workdps(digits):
            drawn.append(list(matrices.Drawn(11, spread).matrix(3)))
    assert drawn[0] == drawn[1] == drawn[2]
    assert len(set(drawn[0])) == 9


@given(st.integers(1, 4), st.integers(1, 9), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
@pytest.mark.jit
def test_layers_and_transform_are_the_models(depth, size, seed):
    random = np.random.default_rng(seed)
    model = ConvolutionalClassifier(depth, random.standard_normal((1, size)), [1], 0.5, seed=random)
    layers = [[mp.mpf(entry) for entry in layer] for layer in model.layers]
    sigma = np.array([float(entry) for entry in appendix_g.predictor(layers)])
    assert np.allclose(sigma, model.induced(model.system().start), rtol=1e-10, atol=1e-13)
    spectrum = np.array([complex(entry) for entry in appendix_g.transform(layers[0])])
    assert np.allclose(spectrum, np.fft.fft(model.layers[0]), atol=1e-12)
    back = [float(entry) for entry in appendix_g.inverse(appendix_g.transform(layers[0]))]
    assert np.allclose(back, model.layers[0], atol=1e-12)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda spectra: [spectrum[::-1] for spectrum in spectra],
        lambda spectra: [[entry * NEARLY for entry in spectrum] for spectrum in spectra],
    ],
)
def test_fourier_lemma_is_not_true_of_anything_else(wrong):
    with mp.workdps(50):
        layers = [matrices.Drawn(seed, 0).real(4) for seed in (1, 2)]
        whole = appendix_g.transform(appendix_g.predictor(layers))
        spectra = [appendix_g.transform(layer) for layer in layers]
        products = [[a * b for a, b in zip(*each, strict=True)] for each in (spectra, wrong(spectra))]
        assert appendix_g._all_agree([whole], products[:1], mp.mpf(1)) > 0.99
        assert appendix_g._all_agree([whole], products[1:], mp.mpf(1)) < 0


@pytest.mark.parametrize("depth", [1, 2])
def test_printed_flow_of_a_factor_is_right_at_depth_1_and_in_one_dimension(depth):
    claim = claims.get("gissin2020.appendix_e.flow")
    with mp.workdps(50):
        arguments = {"depth": depth, "place": 1.0, "seed": 3, "spread": 0}
        assert (claim.exact(**arguments, size=2) > 0) == (depth == 1)
        assert claim.exact(**arguments, size=1) > 0


@pytest.mark.parametrize("name", ["theorem5", "appendix_f.bias.speed", "appendix_f.ratio", "appendix_e.flow"])
def test_false_statements_are_false_by_much(name):
    verdict = verify(claims.get(f"gissin2020.{name}"), examples=30)
    assert verdict.verdict == "falsified"
    assert float(verdict.counterexample_slack) < -0.1
