"""Which claims there are, and finding them by name."""

from collections.abc import Iterable
from functools import cache

from flowlab._checks import nearest
from flowlab.verify import Claim


@cache
def _by_id() -> dict[str, Claim]:
    from flowlab.claims.sharper import CLAIMS  # the paper's, then the project's own

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
        raise ValueError(unknown(id, all_claims())) from None


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
    found = matching(pattern, all_claims())
    if not found:
        raise ValueError(unknown(pattern, all_claims()))
    return found


def matching(pattern: str, claims: Iterable[Claim]) -> list[Claim]:
    """Return those of the claims whose id is `pattern` or begins with it at a dot.

    Examples
    --------
    >>> len(matching("gissin2020.lemma1", all_claims())), matching("gissin2020.lemma", all_claims())
    (3, [])
    """
    prefix = pattern.rstrip(".")
    return [claim for claim in claims if claim.id == prefix or claim.id.startswith(f"{prefix}.")]


def unknown(id: str, claims: Iterable[Claim]) -> str:
    """Return the message that there is no such claim, with the nearest id or prefix of those there are.

    Examples
    --------
    >>> unknown("lemma1", all_claims())
    "id: got 'lemma1'; allowed: a claim's id or its beginning, as flowlab list shows them; did you mean ..."
    """
    parts = [claim.id.split(".") for claim in claims]
    names = dict.fromkeys(".".join(part[:n]) for part in parts for n in range(1, len(part) + 1))
    near = nearest(id, names)
    hint = f"; did you mean {near!r}?" if near else ""
    return f"id: got {id!r}; allowed: a claim's id or its beginning, as flowlab list shows them{hint}"
