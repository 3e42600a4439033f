"""What a tenant reads, word by word: rule and circumstance are given, so that wording alone is at stake.

The answers stand in `golden/answers.txt`. After a change of wording, read what this prints, and put it there.
"""

from pathlib import Path

import pytest

from triage.assessment import FlippedBy, Holding
from triage.catalogue import Text
from triage.catalogue_file import BUNDLED, read_catalogue
from triage.decision import Question
from triage.explanation import advice_on, answer, choices
from triage.ruling import Term

GOLDEN = Path(__file__).parent / "golden" / "answers.txt"

CASES = [
    ("tap.drips", None, "auto"),
    ("tap.drips", "persists", "auto"),
    ("door.inner_damaged", None, "auto"),
    ("kitchen.unit_worn", "own_addition", "auto"),
    ("damp.mould", None, "auto"),
    ("damp.mould", "misuse", "review"),
    ("glass.small", "crime", "ask"),
    ("drain.sink_blocked", None, "ask"),
    ("gutter.clean", "out_of_reach", "auto"),
    ("light.common_bulb", None, "review"),
    ("light.bulb", None, "auto"),
    ("pipe.frozen", "misuse", "auto"),
    ("general.improvement_wish", None, "auto"),
]


@pytest.fixture(scope="module")
def catalogue():
    return read_catalogue(BUNDLED)


def read(catalogue, rule_id, when, decision):
    rule = catalogue.rule(rule_id)
    responsible, basis = catalogue.ruled(rule_id, {when} if when else ())
    asked = next(iter(catalogue.exceptions(rule)))
    question = Question(asked.question, asked.when, (True, False), 0.1) if decision == "ask" else None
    text = answer(catalogue, rule, Term(rule_id, when, responsible, basis, 1.0), decision, question, (), ())
    return [f"{rule_id}, {when or 'as a rule'}, {decision}", text.nl, text.en, ""]


def test_answers_read_as_they_should(catalogue):
    told = "\n".join(line for case in CASES for line in read(catalogue, *case))
    assert told == GOLDEN.read_text(encoding="utf-8")


def test_who_is_in_danger_is_told_what_to_do_once_and_nothing_of_fault(catalogue):
    rule, fault = catalogue.rule("power.socket_burnt"), catalogue.circumstance("own_fault")
    term = Term(rule.id, None, rule.responsible, rule.basis, 0.6)
    flips = [FlippedBy(id=fault.id, text=fault.because, responsible="tenant", basis="BW7:218")]
    told = answer(catalogue, rule, term, "auto", None, flips, (), urgent=True)
    assert fault.because.nl not in told.nl
    assert rule.tip.nl not in told.nl
    assert advice_on(rule, "landlord", None, guessed=False).nl == f"Dit heeft haast: bel ons direct. {rule.tip.nl}"
    assert rule.tip.nl not in advice_on(rule, "landlord", None, guessed=True).nl
    assert advice_on(rule, "landlord", catalogue.dangers[1], guessed=True) == catalogue.dangers[1].advice


def test_what_was_not_recognised_is_not_told_as_what_was_reported(catalogue):
    rule = catalogue.rule("roof.leak")
    term = Term(rule.id, None, rule.responsible, rule.basis, 0.6)
    which = Question(Text(nl="Wat is het?", en="Which is it?"), "rule", ("roof.leak", "tap.drips"), 0.1)
    for decision, reason, question in (("review", "unrecognised", None), ("ask", "ambiguous", which)):
        told = answer(catalogue, rule, term, decision, question, (), (), reason)
        assert rule.title.nl not in told.nl
        assert told.nl.startswith("We weten nog niet zeker")
        assert told.en.endswith("Which is it?" if question else "contact you.")


def test_an_answer_says_in_words_what_it_means(catalogue):
    restarted = Text(nl="Hebt u het al opnieuw opgestart?", en="Have you restarted it already?")
    untried, tried = choices(Question(restarted, "not_tried", (True, False), 0.1), catalogue)
    assert untried.nl == f"Het is zo dat {catalogue.circumstance('not_tried').because.nl}"
    assert tried.en == "That is not so"
    [rule] = choices(Question(restarted, "rule", ("roof.leak",), 0.1), catalogue)
    assert rule == catalogue.rule("roof.leak").title


@pytest.mark.parametrize("decision", ["ask", "review"])
def test_what_is_not_decided_is_not_promised(catalogue, decision):
    rule = catalogue.rule("roof.leak")
    term = Term(rule.id, None, rule.responsible, rule.basis, 0.6)
    told = answer(catalogue, rule, term, decision, None, (), ())
    assert {"Waarschijnlijk", "zeker"} <= set(told.nl.split())
    assert {"probably", "sure"} <= set(told.en.split())


def test_an_answer_tells_two_things_that_would_change_it_and_none_that_is_so(catalogue):
    rule = catalogue.rule("tap.drips")
    term = Term(rule.id, None, rule.responsible, rule.basis, 0.9)
    named = [catalogue.circumstance(key) for key in ("persists", "specialist_work", "whole_unit_worn", "crime")]
    flips = [FlippedBy(id=c.id, text=c.because, responsible="landlord", basis="BW7:206") for c in named]
    holding = [Holding(id="persists", title="", probability=0.6, basis="BW7:206", known=False, evidence=[])]
    told = answer(catalogue, rule, term, "auto", None, flips, holding).en
    assert [c.id for c in named if c.because.en in told] == ["specialist_work", "whole_unit_worn"]
    assert not any(c.because.en in answer(catalogue, rule, term, "review", None, flips, ()).en for c in named)


def test_the_tip_is_for_whom_the_rule_is_about_not_for_whom_a_circumstance_turns_it_to(catalogue):
    rule = catalogue.rule("tap.drips")
    for when, told in ((None, True), ("own_addition", True), ("whole_unit_worn", False)):
        responsible, basis = catalogue.ruled(rule.id, {when})
        text = answer(catalogue, rule, Term(rule.id, when, responsible, basis, 1.0), "auto", None, (), ())
        assert (rule.tip.nl in text.nl) == told


def test_every_question_of_law_says_how_it_is_answered_either_way(catalogue):
    asked = [(c.id, c.id, c.question) for c in catalogue.circumstances]
    asked += [(r.id, entry.when, entry.question) for r in catalogue.rules for entry in r.unless if entry.question]
    for owner, fact, text in asked:
        yes, no = choices(Question(text, fact, (True, False), 0.1), catalogue)
        assert [yes, no] == [text.yes, text.no], f"{owner}, {fact}"
        assert yes.nl != no.nl, f"{owner}, {fact}"
        assert yes.en != no.en, f"{owner}, {fact}"
