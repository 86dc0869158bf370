"""Kernels that the kernels of a system call: a learner's predictor and loss, a system behind a clock.

A kernel takes numbers, so that one that it is to call stands among its constants as a number. The number is its
address, which is another in every process: a system holds the kernel itself and its place, and the number is put
there when a solver begins.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from flowlab.dynamics._pointers import Vector, caster, pointer, token
from flowlab.dynamics._portable import Portable

__all__ = ["Part", "caster", "moved", "pointer", "resolved"]


@dataclass(frozen=True, eq=False)
class Part(Portable):
    """A kernel that others call, and its place among their constants.

    A kernel calls it by ``as_it(pointer(constants[place : place + 1].view(np.int64)[0]))``, with
    ``as_it = caster(signature)`` of `flowlab.dynamics.parts`.

    Attributes
    ----------
    place : int
    kernel : kernel
        Of the signature.
    signature : numba signature

    Examples
    --------
    >>> from flowlab.dynamics.signatures import LOSS
    >>> from flowlab.models import ToyModel
    >>> system = ToyModel(depth=2, target=3.0, init=1.0).system()
    >>> bool(resolved(np.zeros(2), (Part(1, system.loss, LOSS),))[1] != 0.0)
    True
    """

    place: int
    kernel: Any
    signature: Any


def resolved(constants: Vector, parts: tuple[Part, ...]) -> Vector:
    """Return constants, shape (..., k), with the parts of this process in their places; themselves without parts."""
    if not parts:
        return constants
    numbers = np.array(constants, dtype=np.float64)
    for part in parts:
        number = token(f"part {part.place}", part.kernel, part.signature)
        numbers[..., part.place] = np.array([number]).view(np.float64)[0]
    return numbers


def moved(parts: tuple[Part, ...], by: int) -> tuple[Part, ...]:
    """Return parts for constants before which so many others were put."""
    return tuple(replace(part, place=part.place + by) for part in parts)
