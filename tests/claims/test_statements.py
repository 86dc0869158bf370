"""The paper's statements in order: every claim has its place, and the page shows them."""

import pytest

from flowlab.claims import all_claims
from flowlab.claims.gissin2020.statements import STATEMENTS
from flowlab.verify import Verdict
from flowlab.verify.report import Entry, Statement, page

IDS = {claim.id for claim in all_claims()}
TOLD = {id for statement in STATEMENTS for id in statement.claims}


def test_every_claim_of_the_paper_is_listed_and_every_id_exists():
    assert {id for id in IDS if id.startswith("gissin2020.")} <= TOLD <= IDS


def test_each_statement_has_claims_or_a_reason():
    assert all(len(statement.why) >= 6 or statement.claims for statement in STATEMENTS)
    assert len({(each.section, each.words) for each in STATEMENTS}) == len(STATEMENTS)
    for given in ({}, {"claims": ("a",), "why": "b"}):
        with pytest.raises(ValueError, match="claims: got"):
            Statement("1", "a", **given)


def test_sections_come_in_the_papers_order():
    order = ["abstract", "1", "Figure 1", "2", "Figure 2", "3", "4", "5", *"ABCDE", "F", "Figure 5", "G"]
    places = []
    for statement in STATEMENTS:
        section = statement.section
        places.append(order.index(section if section in order else section.split(".")[0].split(",")[0]))
    assert places == sorted(places)


def entry(id):
    claim = next(claim for claim in all_claims() if claim.id == id)
    return Entry(claim, Verdict(id, claim.recorded, claim.recorded))


def test_the_page_lists_them_in_order_with_what_became_of_their_claims():
    html = page([entry(id) for id in sorted(IDS)], statements=STATEMENTS)
    listed = html[html.index('id="statements"') : html.index('id="claims"')]
    assert listed.count("No claim:") == sum(not each.claims for each in STATEMENTS)
    places = [
        listed.index(f"claim-{id}")
        for id in ("gissin2020.equation2", "gissin2020.theorem5", "gissin2020.appendix_g.lemma")
    ]
    assert places == sorted(places)
    assert listed.count('class="badge falsified"') >= 10


def test_beside_some_claims_only_their_statements_are_listed():
    html = page([entry("gissin2020.equation2")], statements=STATEMENTS)
    listed = html[html.index('id="statements"') : html.index('id="claims"')]
    assert listed.count('<span class="soft">') == 1
    assert 'id="statements"' not in page([], statements=STATEMENTS)
    assert 'id="statements"' not in page([entry("gissin2020.equation2")])
