"""Writing down what the paper says."""

from flowlab.verify.report import Statement

EXPERIMENT = "an experiment, which `flowlab figure` runs"


def said(section: str, words: str, *claims: str, why: str = "") -> Statement:
    """Return a statement, with claims by their ids without the paper's name; another's in full.

    Examples
    --------
    >>> said("2.2", "the flow of σ", "equation4").claims
    ('gissin2020.equation4',)
    """
    return Statement(
        section, words, tuple(id if id.startswith("flowlab.") else f"gissin2020.{id}" for id in claims), why
    )
