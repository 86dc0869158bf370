"""A claim's slack written for balls, with the box over which it is certified."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ForBalls"]


@dataclass(frozen=True)
class ForBalls:
    """A claim's `balls`, and the box over which it is certified unless another is asked for.

    Parameters
    ----------
    function : callable
        A number of the slack's sign, of the claim's arguments by name.
    box : mapping of str to str
        ``LOW:HIGH`` or one number, in decimals, by argument; the rest ranges over its hypothesis.

    Examples
    --------
    >>> ForBalls(lambda x: x * x, {"x": "0:1"})(x=3)
    9
    """

    function: Callable[..., Any]
    box: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, **arguments: Any) -> Any:
        """Return the number."""
        return self.function(**arguments)
