"""The decorator that makes a claim of a function whose arguments are annotated with their ranges."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from flowlab._checks import shown
from flowlab.verify.claim import Claim

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowlab.verify.claim import Assumption, Kind
    from flowlab.verify.derivation import Derivation
    from flowlab.verify.ranges import Range
    from flowlab.verify.sides import Sides

__all__ = ["claim"]


def claim(
    id: str,
    *,
    hypotheses: Mapping[str, Range] | None = None,
    title: str = "",
    source: str = "",
    statement: str = "",
    exact: Callable[..., Any] | None = None,
    assuming: tuple[Assumption, ...] = (),
    recorded: Kind = "held",
    flaw: str = "",
    corrected_by: str = "",
    proof: str = "",
    guarded: bool = False,
    identity: bool = False,
    batch: Callable[..., Any] | None = None,
    balls: Callable[..., Any] | None = None,
    sides: Callable[..., Sides] | None = None,
    derivation: Callable[[], Derivation] | None = None,
) -> Callable[[Callable[..., Any]], Claim]:
    """Turn a slack function into a `Claim`; its docstring's first paragraph states it, the rest proves it.

    Parameters are those of `Claim`; `statement` and `proof` default to the docstring, `title` to
    the function's name, and `hypotheses` to the annotations of its arguments.

    Returns
    -------
    callable
        A decorator that returns the claim.

    Raises
    ------
    ValueError
        If `id` is no name; and, of the decorator, as `Claim`.

    Examples
    --------
    >>> from flowlab.verify import Real, functions
    >>> @claim("demo.log", source="folklore")
    ... def logarithm(x: Real(0, 10)):
    ...     '''log(1 + x) ≤ x.
    ...
    ...     Both sides vanish at 0, and 1/(1 + x) ≤ 1.
    ...     '''
    ...     return x - functions.log1p(x)
    >>> logarithm.statement, logarithm.proof
    ('log(1 + x) ≤ x.', 'Both sides vanish at 0, and 1/(1 + x) ≤ 1.')
    """
    if not isinstance(id, str):
        raise ValueError(f"id: got {shown(id)}; allowed: a name, as in @claim('mine.first')")  # noqa: TRY004

    def decorate(function: Callable[..., Any]) -> Claim:
        """Make a claim of the function, and of its docstring and annotations where nothing else is given."""
        first, _, rest = (inspect.getdoc(function) or "").partition("\n\n")
        return Claim(
            id=id,
            title=title or getattr(function, "__name__", id).replace("_", " "),
            statement=statement or " ".join(first.split()),
            source=source,
            hypotheses=_annotated(function) if hypotheses is None else hypotheses,
            slack=function,
            exact=exact,
            assuming=assuming,
            recorded=recorded,
            flaw=flaw,
            corrected_by=corrected_by,
            proof=proof or rest.strip(),
            guarded=guarded,
            identity=identity,
            batch=batch,
            balls=balls,
            sides=sides,
            derivation=derivation,
        )

    return decorate


def _annotated(function: Callable[..., Any]) -> dict[str, Any]:
    """Return what the arguments of a function are annotated with."""
    found = inspect.get_annotations(function, eval_str=True)
    return {name: found.get(name) for name in inspect.signature(function).parameters}
