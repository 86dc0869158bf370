"""What a part of a run between two kinks is integrated with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flowlab.dynamics._pointers import Model
from flowlab.dynamics.trajectory import Vector


@dataclass(frozen=True, eq=False)
class Along:
    """The smooth field that a flow follows until a switch leaves its side.

    Attributes
    ----------
    gradient, switches : kernel
        Both with the signature `GRADIENT`, and given `constants`.
    gradient_address, switches_address : int or callable
    constants : ndarray
    sides : ndarray, shape (k,)
        The sign that each switch is to keep.
    bands : ndarray, shape (k,)
        How far beyond 0 a switch may be; of one that is that far on its side this becomes 0. Less than 0 for one that
        is to stop before it is 0.
    hessian : kernel, optional
    """

    gradient: Callable[..., None]
    switches: Callable[..., None]
    gradient_address: Any
    switches_address: Any
    constants: Vector
    sides: Vector
    bands: Vector
    hessian: Callable[..., None] | None = None

    def model(self, whole: Model) -> Model:
        """Return a system's model with the gradient of this field."""
        return whole._replace(gradient=self.gradient_address, slope=self.constants)
