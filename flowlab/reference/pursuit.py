"""Orthogonal matching pursuit, which picks one atom of a dictionary after the other."""

import warnings

import numpy as np
from numpy.typing import ArrayLike

from flowlab._checks import real_array, require, shown


def matching_pursuit(dictionary: ArrayLike, signal: ArrayLike, sparsity: int) -> tuple[int, ...]:
    """Return the atoms that orthogonal matching pursuit chooses, in order (Pati et al. 1993; by scikit-learn).

    Parameters
    ----------
    dictionary : array_like, shape (d, n)
        One atom a column, of unit norm up to the rounding of its own numbers: in float32 to about 1e-6. The norms are
        then made 1 in float64.
    signal : array_like, shape (d,)
    sparsity : int
        How many atoms to choose, from 1 to min(d, n).

    Returns
    -------
    tuple of int
        Column numbers; fewer than `sparsity` where fewer meet the signal, to about 1e-8 of its largest entry.

    Raises
    ------
    ValueError
        If an argument has the wrong shape, an atom is not of unit norm, or `sparsity` is out of range.

    Examples
    --------
    >>> matching_pursuit(np.eye(3), [1.0, 0.0, -2.0], 2)
    (2, 0)
    """
    from sklearn.linear_model import orthogonal_mp

    atoms = real_array("dictionary", dictionary, allowed="finite numbers of shape (d, n)")
    if atoms.ndim != 2:
        raise ValueError(f"dictionary: got shape {atoms.shape}; allowed: finite numbers of shape (d, n)")
    require("dictionary", atoms, np.isfinite(atoms), allowed="finite numbers of shape (d, n)")
    norms = np.linalg.norm(atoms, axis=0)
    given = np.asarray(dictionary).dtype
    rounding = np.finfo(given).eps if given.kind == "f" else np.finfo(np.float64).eps
    require("dictionary", norms, np.abs(norms - 1) < max(1e-9, 8 * rounding), allowed="atoms of unit norm")
    atoms = atoms / norms
    allowed = f"{len(atoms)} finite numbers, one for each row of the dictionary"
    values = real_array("signal", signal, allowed=allowed)
    if values.shape != (len(atoms),):
        raise ValueError(f"signal: got shape {values.shape}; allowed: {allowed}")
    require("signal", values, np.isfinite(values), allowed=allowed)
    most = min(atoms.shape)
    if isinstance(sparsity, bool) or not isinstance(sparsity, (int, np.integer)) or not 1 <= sparsity <= most:
        raise ValueError(f"sparsity: got {shown(sparsity)}; allowed: an integer in [1, {most}]")
    size = float(np.abs(values).max())
    if size == 0:
        return ()
    with warnings.catch_warnings():
        # It warns where the signal is met before all atoms are chosen; the shorter answer says so.
        warnings.simplefilter("ignore", RuntimeWarning)
        # Its tolerance is for signals of size near 1.
        path = orthogonal_mp(atoms, values / size, n_nonzero_coefs=int(sparsity), return_path=True)
    path = path.reshape(atoms.shape[1], -1)
    chosen: list[int] = []
    for step in path.T:
        chosen.extend(int(k) for k in np.flatnonzero(step) if k not in chosen)
    return tuple(chosen)
