"""The certificates that come with the package: what was proved of its claims in ball arithmetic, and over which boxes.

Made by ``python scripts/benchmarks/certify.py --keep``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowlab.verify import Certificate, Claim

__all__ = ["FOLDER", "certificates", "wanted"]

FOLDER = Path(__file__).with_name("certificates")

_DEPTHS = ("3", "4", "5", "10", "inf", "3:inf")


def certificates(id: str) -> list[Certificate]:
    """Return the certificates of a claim that come with the package; `Certificate.check` verifies them anew.

    Parameters
    ----------
    id : str
        The claim's.

    Returns
    -------
    list of Certificate

    Examples
    --------
    >>> [(each.verdict, each.box["depth"]) for each in certificates("gissin2020.lemma1")]
    [('certified', ['2', 'inf'])]
    """
    from flowlab.verify import Certificate

    found = [Certificate.load(path) for path in sorted(FOLDER.glob(f"{id}*.json"))]
    return [each for each in found if each.id == id]


def wanted() -> Iterator[tuple[Claim, dict[str, str], str]]:
    """Yield every claim that has a box for balls, a box, and the name of its file: one a depth where one is fixed.

    Examples
    --------
    >>> next(name for claim, box, name in wanted() if claim.id == "gissin2020.lemma1")
    'gissin2020.lemma1.json'
    """
    from flowlab.claims import all_claims

    for claim in all_claims():
        box = dict(getattr(claim.balls, "box", {}))
        if box.get("depth") != "3" or claim.recorded == "falsified":
            if box:
                yield claim, {}, f"{claim.id}.json"
            continue
        for depth in _DEPTHS:
            yield claim, {"depth": depth}, f"{claim.id}@{depth.replace(':', '-')}.json"
