"""Runs of smooth losses are what they were before flows knew of kinks."""

import pytest

from flowlab.symbolic import GradientFlow, symbols

v, w = symbols("v w", real=True)

#: The last parameters, steps, rejected steps and evaluations, with dense output and without, by the integrator as it
#: was before kinks. The last bits are left open, as a library rounds a step size; an error of the method is 1e8
#: times as large.
BEFORE = [
    ("dop853", ("0x1.5eff7efa5269fp-1", "0x1.6e4d3b708b875p+0"), (8, 0, 122, 98)),
    ("dopri5", ("0x1.5eff7cc135165p-1", "0x1.6e4d3bb5b2967p+0"), (15, 0, 92, 92)),
    ("rkc2", ("0x1.5efe77d4b895dp-1", "0x1.6e4d9b6b7ed50p+0"), (154, 0, 335, 335)),
]


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("method, end, counts", BEFORE)
def test_a_smooth_run_is_what_it_was(method, end, counts, dense):
    flow = GradientFlow.from_loss((w * v - 1) ** 2 / 2 + (v**2 - 2) ** 2 / 8, [w, v])
    path = flow.flow([0.3, 1.7], 2.0, method=method, rtol=1e-6, dense=dense)
    assert path.parameters[-1] == pytest.approx([float.fromhex(x) for x in end], rel=1e-14)
    told = path.statistics
    assert (told.steps, told.rejected, told.gradient_evaluations) == (*counts[:2], counts[2 if dense else 3])
    assert path.crossings == path.sliding == ()
