"""Verdicts as one page that stands by itself: HTML with its style and its pictures inside, and no script.

Formulas are set from the plain notation that claims are stated in. Everything a claim says is escaped.
"""

from flowlab.verify.report.article import tight_in_words
from flowlab.verify.report.page import Entry, is_report, page
from flowlab.verify.report.picture import picture
from flowlab.verify.report.statements import Statement
from flowlab.verify.report.typeset import typeset

__all__ = ["Entry", "Statement", "is_report", "page", "picture", "tight_in_words", "typeset"]
