"""Sparse regression: the toy model with both signs as a pursuit in a dictionary (Gissin et al. 2020, appendix D)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._arguments import count, number
from flowlab.dynamics import GradientSystem, Trajectory
from flowlab.models._arguments import finite_array, set_fields
from flowlab.models.learner import Learner
from flowlab.models.predictors import Powers

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, init=False)
class SparseRegression:
    """The model σ = w₊^N − w₋^N of a signal x ≈ D σ, under the mean squared error over the entries of x.

    Parameters
    ----------
    depth : int
        N, at least 1.
    dictionary : array_like, shape (d, n)
        D, one atom a column.
    signal : array_like, shape (d,)
        x.
    init : float
        σ0 > 0; every weight starts at σ0^(1/N), so that σ starts at 0.

    Attributes
    ----------
    depth : int
    dictionary, signal : ndarray
    init : float

    Raises
    ------
    ValueError
        If an argument is outside its range, or the shapes do not match.

    Examples
    --------
    >>> import flowlab
    >>> model = SparseRegression(depth=3, dictionary=np.eye(3), signal=[2.0, 0.0, -4.0], init=1e-3)
    >>> model.chosen(flowlab.descent(model.system(), 0.01, steps=3000))
    (2, 0)
    """

    depth: int
    dictionary: Array
    signal: Array
    init: float

    def __init__(self, depth: int, dictionary: ArrayLike, signal: ArrayLike, init: float) -> None:
        atoms = finite_array("dictionary", dictionary, dimensions=2, allowed="finite numbers of shape (d, n)")
        allowed = f"{len(atoms)} finite numbers, one for each row of the dictionary"
        values = finite_array("signal", signal, dimensions=1, allowed=allowed)
        if len(values) != len(atoms):
            raise ValueError(f"signal: got shape {values.shape}; allowed: {allowed}")
        set_fields(self, depth=count("depth", depth), dictionary=atoms, signal=values, init=number("init", init))

    def system(self) -> GradientSystem:
        """Return the gradient system; its induced values are σ.

        Examples
        --------
        >>> SparseRegression(depth=2, dictionary=np.eye(2), signal=[1.0, 0.0], init=0.01).system().start
        array([0.1, 0.1, 0.1, 0.1])
        """
        return Learner(Powers(self.depth), "squared", self.dictionary, self.signal, self.init).system()

    def chosen(self, run: Trajectory, *, level: float = 0.1) -> tuple[int, ...]:
        """Return the atoms in the order in which their |σ| first passes a level, at the records of a run.

        Atoms that pass between the same two records are put in the order of |σ| at the later one.

        Parameters
        ----------
        run : Trajectory
            Of this model's system.
        level : float
            What |σ| must exceed, > 0.

        Examples
        --------
        >>> import flowlab
        >>> model = SparseRegression(depth=2, dictionary=np.eye(2), signal=[0.0, 3.0], init=0.01)
        >>> model.chosen(flowlab.flow(model.system(), 3.0))
        (1,)
        """
        number("level", level, allowed="a finite number > 0")
        sizes = np.abs(run.induced)
        passed = sizes > level
        first = np.where(passed.any(axis=0), passed.argmax(axis=0), len(sizes))
        ranked = sorted(np.flatnonzero(first < len(sizes)), key=lambda k: (first[k], -sizes[first[k], k]))
        return tuple(int(k) for k in ranked)
