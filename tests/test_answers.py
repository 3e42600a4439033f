"""What a tenant reads, word by word: rule and circumstance are given, so that wording alone is at stake.

The answers stand in `golden/answers.txt`. After a change of wording, read what this prints, and put it there.
"""

from pathlib import Path

import pytest

from triage.catalogue_file import BUNDLED, read_catalogue
from triage.decision import Question
from triage.explanation import answer
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


@pytest.mark.parametrize("decision", ["ask", "review"])
def test_what_is_not_decided_is_not_promised(catalogue, decision):
    rule = catalogue.rule("roof.leak")
    term = Term(rule.id, None, rule.responsible, rule.basis, 0.6)
    told = answer(catalogue, rule, term, decision, None, (), ())
    assert {"Waarschijnlijk", "zeker"} <= set(told.nl.split())
    assert {"probably", "sure"} <= set(told.en.split())
