"""The statements of Gissin, Shalev-Shwartz, Daniely, "The Implicit Bias of Depth" (ICLR 2020), in their order."""

from importlib import import_module

from flowlab.claims._stating import CLAIMS

# In the paper's order, which is the registry's.
for _topic in (
    "theorem1",
    "loss",
    "loss_deep",
    "speeds",
    "optimum_zero",
    "theorem2",
    "appendix_a",
    "appendix_a_solving",
    "descent",
    "theorem3",
    "dependence",
    "appendix_b",
    "appendix_b_conditions",
    "appendix_c",
    "matrix_sensing",
    "theorem4",
    "quadratic",
    "theorem5",
    "appendix_f",
    "coupled",
    "classification",
    "appendix_g",
):
    import_module(f"{__name__}.{_topic}")

__all__ = ["CLAIMS"]
