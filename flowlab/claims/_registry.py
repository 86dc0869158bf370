"""Which claims there are, and finding them by name."""

from functools import cache

from flowlab._checks import nearest
from flowlab.verify import Claim


@cache
def _by_id() -> dict[str, Claim]:
    from flowlab.claims.gissin2020 import CLAIMS

    return {claim.id: claim for claim in CLAIMS}


def all_claims() -> list[Claim]:
    """Return every claim, in the order of the papers.

    Examples
    --------
    >>> [claim.id for claim in all_claims()][:2]
    ['gissin2020.equation4', 'gissin2020.theorem1.depth1']
    """
    return list(_by_id().values())


def get(id: str) -> Claim:
    """Return the claim of that id.

    Raises
    ------
    ValueError
        If there is none, with the nearest id.

    Examples
    --------
    >>> get("gissin2020.lemma1").title
    'no overshooting'
    """
    try:
        return _by_id()[id]
    except KeyError:
        raise ValueError(_unknown(id)) from None


def find(pattern: str) -> list[Claim]:
    """Return the claims whose id is `pattern` or begins with it at a dot.

    Raises
    ------
    ValueError
        If there is none, with the nearest id or prefix.

    Examples
    --------
    >>> [claim.id for claim in find("gissin2020.theorem2.depth2")]
    ['gissin2020.theorem2.depth2.lower', 'gissin2020.theorem2.depth2.upper']
    """
    prefix = pattern.rstrip(".")
    found = [claim for id, claim in _by_id().items() if id == prefix or id.startswith(f"{prefix}.")]
    if not found:
        raise ValueError(_unknown(pattern))
    return found


def _unknown(id: str) -> str:
    parts = [claim.split(".") for claim in _by_id()]
    names = dict.fromkeys(".".join(part[:n]) for part in parts for n in range(1, len(part) + 1))
    near = nearest(id, names)
    hint = f"; did you mean {near!r}?" if near else ""
    return f"id: got {id!r}; allowed: a claim's id or its beginning, as flowlab list shows them{hint}"
