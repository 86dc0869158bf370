"""What a Runge–Kutta method is, as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Row = Mapping[int, float]


@dataclass(frozen=True, eq=False)
class Tableau:
    """An explicit pair with dense output, for an autonomous equation y' = f(y).

    Stage i is k_i = f(y + h Σ_j rows[i][j] k_j). The row numbered `stages` is the solution at the end of the
    step, so k_stages is the first stage of the next one; rows after it serve the dense output alone. With
    θ in [0, 1] the dense output is y + θ(F0 + (1−θ)(F1 + θ(F2 + (1−θ)(F3 + …)))), where F0 = y1 − y0,
    F1 = h k_0 − F0, F2 = F0 − h k_stages − F1 and F3, … are h times the rows of `dense`.

    Attributes
    ----------
    name : str
    order : int
        Of the solution.
    error_order : int
        The error estimate behaves as h to this power.
    dense_order : int
        The error of the dense output behaves as h to this power plus one, over one step.
    stages : int
    rows, errors, dense : sequence of mapping of int to float
        The nonzero coefficients of each row. With two error rows e5, e3 the estimate is
        e5² / sqrt(e5² + e3²/100), as in dop853.f, and at least rtol e3²/10 in units of the tolerance: over a
        large ensemble e5 passes through zero by accident here and there, and the step would be far too long.
    safety, smallest, largest, memory : float
        Of the step controller: the next step is h times a factor safety · err^(−α) · err_before^memory, kept
        between smallest and largest, with α = 1/error_order − 0.75 memory.
    stabilized : bool
        Whether a step has as many stages as it needs to be stable: `rows` are then empty, and `_chebyshev` takes
        the step.

    Examples
    --------
    >>> from flowlab.dynamics.tableaux import DOP853
    >>> DOP853.stages, DOP853.order
    (12, 8)
    """

    name: str
    order: int
    error_order: int
    dense_order: int
    stages: int
    rows: Sequence[Row]
    errors: Sequence[Row]
    dense: Sequence[Row]
    safety: float
    smallest: float
    largest: float
    memory: float
    stabilized: bool = False

    def packed(self) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return the coefficients for the kernels.

        Returns
        -------
        values, columns, starts : ndarray
            All rows (stages, then errors, then dense) in compressed sparse form.
        controller : ndarray, shape (5,)
            1/error_order − 0.75 memory, safety, smallest, largest, memory.

        Examples
        --------
        >>> from flowlab.dynamics.tableaux import DOPRI5
        >>> DOPRI5.packed()[0].size
        32
        """
        rows = [*self.rows, *self.errors, *self.dense]
        values = np.array([value for row in rows for value in row.values()])
        columns = np.array([column for row in rows for column in row])
        starts = np.cumsum([0, *(len(row) for row in rows)])
        exponent = 1 / self.error_order - 0.75 * self.memory
        controller = np.array([exponent, self.safety, self.smallest, self.largest, self.memory])
        return values, columns, starts, controller
