"""The hard-margin support vector machine, with a certificate of how near to the optimum it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._checks import real_array, require

Array = NDArray[np.float64]


class NotSeparable(ValueError):  # noqa: N818 -- it says what is wrong with the data
    """Raised for examples that no vector separates.

    Examples
    --------
    >>> raise NotSeparable("labels: ...")
    Traceback (most recent call last):
        ...
    flowlab.reference.margin.NotSeparable: labels: ...
    """


@dataclass(frozen=True, eq=False)
class MaxMargin:
    """The maximum-margin separator through the origin.

    Attributes
    ----------
    weights : ndarray, shape (d,)
        The shortest w with y_j <w, x_j> >= 1 for all j.
    margin : float
        ``min_j y_j <w, x_j> / ‖w‖₂``, attained by `weights` as they are.
    upper : float
        An upper bound on every separator's margin, from the dual.
    multipliers : ndarray, shape (m,)
        Of the dual, >= 0, with sum 1: ``upper = ‖Σ_j multipliers_j y_j x_j‖₂``.

    Examples
    --------
    >>> found = max_margin([[2.0, 0.0], [0.0, -3.0]], [1, -1])
    >>> found.margin <= found.upper, round(found.gap, 6)
    (True, 0.0)
    """

    weights: Array
    margin: float
    upper: float
    multipliers: Array

    @property
    def gap(self) -> float:
        """The relative duality gap, (upper − margin)/upper: no separator's margin is larger by more."""
        return (self.upper - self.margin) / self.upper


def max_margin(features: ArrayLike, labels: ArrayLike) -> MaxMargin:
    """Return the maximum-margin separator of labelled examples, by the interior-point solver Clarabel.

    Parameters
    ----------
    features : array_like, shape (m, d)
        The examples, one a row.
    labels : array_like, shape (m,)
        Each 1 or −1.

    Returns
    -------
    MaxMargin
        Its margin and its bound are evaluated from the vectors themselves, whatever the solver says of them.

    Raises
    ------
    NotSeparable
        If no vector separates the examples; margins below about 1e-7 of the largest entry count as none.
    ValueError
        If an argument has the wrong shape or is not finite, or a label is not 1 or −1.
    RuntimeError
        If the solver stops for another reason.

    Examples
    --------
    >>> max_margin([[1.0, 1.0], [1.0, -1.0], [-2.0, 0.5]], [1, 1, -1]).weights.round(6)
    array([1., 0.])
    """
    import clarabel
    from scipy import sparse

    x = real_array("features", features, allowed="finite numbers of shape (m, d)")
    if x.ndim != 2:
        raise ValueError(f"features: got shape {x.shape}; allowed: finite numbers of shape (m, d)")
    require("features", x, np.isfinite(x), allowed="finite numbers of shape (m, d)")
    allowed = f"{len(x)} labels, each 1 or -1"
    y = real_array("labels", labels, allowed=allowed)
    if y.shape != (len(x),):
        raise ValueError(f"labels: got shape {y.shape}; allowed: {allowed}")
    require("labels", y, np.abs(y) == 1, allowed=allowed)
    signed = x * y[:, None]
    scale = float(np.abs(x).max())  # the solver's tolerances are for numbers near 1
    if scale == 0:
        raise _not_separable(0.0)
    signed /= scale
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    count, size = signed.shape
    problem = clarabel.DefaultSolver(
        sparse.csc_matrix(np.eye(size)),
        np.zeros(size),
        sparse.csc_matrix(-signed),
        -np.ones(count),
        [clarabel.NonnegativeConeT(count)],
        settings,
    )
    solution = problem.solve()
    status = str(solution.status)
    weights, multipliers = np.array(solution.x), np.clip(solution.z, 0.0, None)
    if "Infeasible" in status:
        # What proves it infeasible bounds every margin, as the dual does.
        raise _not_separable(scale * float(np.linalg.norm(multipliers @ signed) / multipliers.sum()))
    if not (np.isfinite(weights).all() and weights.any() and multipliers.sum() > 0):
        raise RuntimeError(f"The margin's solver ended with «{status}» and no separator.")
    multipliers = multipliers / multipliers.sum()
    margin = float((signed @ weights).min() / np.linalg.norm(weights))
    if margin <= 0:
        raise _not_separable(scale * float(np.linalg.norm(multipliers @ signed)))
    upper = float(np.linalg.norm(multipliers @ signed))
    return MaxMargin(weights / (signed @ weights).min() / scale, margin * scale, upper * scale, multipliers)


def _not_separable(bound: float) -> NotSeparable:
    return NotSeparable(
        f"labels: got labels that no vector separates by a margin above {bound:.2g}; allowed: examples with a separator"
    )
