"""A verdict on a claim: what the search finds, where the claim is tightest, its derivation and its certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowlab.verify.budget import in_turn
from flowlab.verify.concluding import beside, where_tightest
from flowlab.verify.search import searched
from flowlab.verify.tightness import TightnessMap, tightness
from flowlab.verify.verdict import weighed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flowlab.verify.certifying.certificate import Certificate
    from flowlab.verify.claim import Claim
    from flowlab.verify.search import Progress
    from flowlab.verify.verdict import Verdict

__all__ = ["examined", "iter_verdicts", "verify", "verify_all"]

_POINTS, _SAMPLES, _STEPS = 40, 400, 400  # of the map, where as many examples as by default are asked for
_USUAL = 200


def verify(
    claim: Claim,
    *,
    examples: int = 200,
    seed: int = 0,
    progress: Progress | None = None,
    certificates: Sequence[Certificate] = (),
) -> Verdict:
    """Search for a counterexample to a claim.

    Corners are evaluated, then examples drawn by Hypothesis and at random, then a descent is made from the smallest
    slack. A float slack that is not clearly positive is settled in ball arithmetic where the claim is written for it,
    or in mpmath, and only a slack that is certainly negative there makes a counterexample, which is shrunk and rounded
    to readable numbers. A claim's derivation is carried out as well: the two have to agree. A claim that holds so far,
    and is not proved by its derivation, is looked at where it is tightest, as `tightness` seeks that.

    Parameters
    ----------
    claim : Claim
        What is tested.
    examples : int, optional
        How many distinct ones to evaluate, at most; shrinking a counterexample, and seeking where the claim is
        tightest, take some more, not counted.
    seed : int, optional
        The same seed gives the same verdict, whatever was verified before.
    progress : callable, optional
        Called with the claim's id, the examples done and their total.
    certificates : sequence of Certificate, optional
        Of the claim, checked before: a counterexample that they have counts as one, and what contradicts them is told.

    Returns
    -------
    Verdict
        ``held``, ``falsified`` or ``undecided``, with the evidence. ``undecided`` too where a step of the derivation
        does not hold, or it contradicts the search.

    Raises
    ------
    ValueError
        If `examples` is below 1 or `seed` is not an integer.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real
    >>> doubtful = Claim("demo", "", "x² ≥ x", "", {"x": Real(0, 2)}, lambda x: x * x - x)
    >>> verify(doubtful).verdict, verify(doubtful).counterexample
    ('falsified', {'x': 0.5})
    """
    return examined(claim, examples=examples, seed=seed, progress=progress, certificates=certificates)[0]


@in_turn
def examined(
    claim: Claim,
    *,
    examples: int = 200,
    seed: int = 0,
    progress: Progress | None = None,
    certificates: Sequence[Certificate] = (),
    measured: bool = False,
) -> tuple[Verdict, TightnessMap | None]:
    """Return the verdict of `verify`, and the map of where the claim is tight, if it was made.

    With `measured` it is made in any case, but for an identity and for a claim that has no value where users live.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real
    >>> verdict, found = examined(Claim("demo", "", "", "", {"x": Real(0, 1)}, lambda x: 0.26 - x * (1 - x)))
    >>> verdict.verdict, found.tightest.arguments
    ('held', {'x': 0.5})
    """
    verdict = searched(claim, examples=examples, seed=seed, progress=progress)
    derivation = None if claim.derivation is None else claim.derivation()
    open_still = verdict.verdict == "held" and (derivation is None or derivation.outcome != "proved")
    found = None
    if not claim.identity and (measured or open_still):
        try:
            effort = min(1.0, examples / _USUAL)
            points, samples, steps = (max(2, int(most * effort)) for most in (_POINTS, _SAMPLES, _STEPS))
            found = tightness(claim, points=points, samples=samples, steps=steps, verdict=verdict)
            verdict = where_tightest(claim, verdict, found)
        except ValueError:  # no value in the part where users live, or a range of the claim's own making
            pass
    verdict = beside(claim, verdict, certificates)
    return verdict if derivation is None else weighed(verdict, derivation), found


def iter_verdicts(
    claims: Iterable[Claim], *, examples: int = 200, seed: int = 0, progress: Progress | None = None
) -> Iterator[Verdict]:
    """Verify claims one after the other, giving each verdict as soon as it is known.

    Parameters are those of `verify`, and so is the outcome for each claim. An interrupt leaves the verdicts
    given so far with the caller.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real
    >>> square = Claim("demo", "", "x² ≥ 0", "", {"x": Real(-1, 1)}, lambda x: x * x)
    >>> [verdict.verdict for verdict in iter_verdicts([square], examples=20)]
    ['held']
    """
    for claim in claims:
        yield verify(claim, examples=examples, seed=seed, progress=progress)


def verify_all(
    claims: Iterable[Claim], *, examples: int = 200, seed: int = 0, progress: Progress | None = None
) -> list[Verdict]:
    """Verify every claim and return the verdicts in order; parameters are those of `verify`.

    Examples
    --------
    >>> verify_all([])
    []
    """
    return list(iter_verdicts(claims, examples=examples, seed=seed, progress=progress))
