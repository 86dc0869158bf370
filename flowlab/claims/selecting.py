"""Claims as a command names them: by id, by the beginning of ids, or by the file that defines them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flowlab.claims import _registry, own

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowlab.verify import Claim

__all__ = ["names_file", "select", "select_one"]


def select(patterns: Iterable[str] = ()) -> list[Claim]:
    """Return the claims named, each once, in the order named; all registered ones if none is.

    Parameters
    ----------
    patterns : iterable of str, optional
        Each an id or its beginning at a dot; or a file of claims, whose code is run; or ``FILE:ID``. Where an id
        names claims of a file that is named too, only these are taken of that file.

    Returns
    -------
    list of Claim

    Raises
    ------
    ValueError
        If nothing goes by that name, if a file cannot be run, or if two claims have the same id.

    Examples
    --------
    >>> [claim.id for claim in select(["gissin2020.theorem1.zero", "gissin2020.theorem2.depth2"])]
    ['gissin2020.theorem1.zero', 'gissin2020.theorem2.depth2.lower', 'gissin2020.theorem2.depth2.upper']
    """
    named = [_split(pattern) for pattern in patterns]
    if not named:
        return _registry.all_claims()
    files = _load([file for file, _ in named if file])
    mine = _distinct(files)
    chosen: list[tuple[str, list[Claim]]] = []
    narrowed: set[str] = set()
    for file, id in named:
        pool = list(files[file].values()) if file else [*mine, *_registry.all_claims()]
        found = pool if file and not id else _registry.matching(id, pool)
        if not found:
            raise ValueError(_registry.unknown(id, pool))
        if not file:
            narrowed.update(mine[claim] for claim in found if claim in mine)
        chosen.append(("" if id else file, found))
    kept = [claim for file, claims in chosen if file not in narrowed for claim in claims]
    return list({claim.id: claim for claim in kept}.values())


def select_one(*patterns: str) -> Claim:
    """Return the one claim that is named: by its id, as ``FILE:ID``, or by a file that defines no other.

    Raises
    ------
    ValueError
        As `select`; and if several are named, with their ids.

    Examples
    --------
    >>> select_one("gissin2020.lemma1").title
    'no overshooting'
    """
    found = select(patterns)
    ids = {_split(pattern)[1] for pattern in patterns}
    exact = [claim for claim in found if claim.id in ids] or found
    if len(exact) > 1:
        named = " ".join(patterns)
        raise ValueError(f"id: got {named!r}, {len(exact)} claims; allowed: one of {', '.join(c.id for c in exact)}")
    return exact[0]


def names_file(pattern: str) -> bool:
    """Return whether a pattern means a file, or claims of a file, and no registered id.

    Examples
    --------
    >>> names_file("my_claims.py"), names_file("my_claims.py:mine.tangent"), names_file("gissin2020.lemma1")
    (True, True, False)
    """
    return bool(_split(pattern)[0])


def _split(pattern: str) -> tuple[str, str]:
    """Return the file and the id that a pattern names; either may be empty."""
    file, colon, id = pattern.rpartition(":")
    if colon and id and file.endswith(".py"):
        return file, id
    separators = [os.sep, *([os.altsep] if os.altsep else [])]
    if pattern.endswith(".py") or any(each in pattern for each in separators):
        return pattern, ""
    known = _registry.matching(pattern, _registry.all_claims())
    return (pattern, "") if not known and os.path.isfile(pattern) else ("", pattern)


def _load(files: list[str]) -> dict[str, dict[str, Claim]]:
    """Return what the files define; each is run once, by however many names it goes."""
    loaded: dict[str, dict[str, Claim]] = {}
    for file in files:
        place = os.path.realpath(file)
        loaded[file] = next((claims for known, claims in loaded.items() if os.path.realpath(known) == place), {})
        loaded[file] = loaded[file] or own.load(file)
    return loaded


def _distinct(files: dict[str, dict[str, Claim]]) -> dict[Claim, str]:
    """Return each claim's file; refuse two claims with one id."""
    places = {claim.id: (claim, "among flowlab's own") for claim in _registry.all_claims()}
    mine: dict[Claim, str] = {}
    for file, claims in files.items():
        for variable, claim in claims.items():
            place = f"{variable} in {file}"
            other, where = places.setdefault(claim.id, (claim, place))
            if other is not claim:
                raise ValueError(f"id: got {claim.id!r} twice, {where} and {place}; allowed: an id for each claim")
            mine.setdefault(claim, file)
    return mine
