"""Labels and judgement go by the rules of one day, and several defects are found each in its place."""

import json
from dataclasses import replace
from datetime import date

import pytest

from training.evaluate import Case, Part, as_json, cases_of, evaluate, read_cases
from training.labelling import label_of, rules_on
from triage import Triager

NOW, LATER = date(2026, 6, 1), date(2100, 6, 1)


@pytest.fixture
def changing(small):
    """A catalogue in which a dripping tap is the landlord's from 2100 on."""
    rules = []
    for rule in small.rules:
        if rule.id == "tap.drips":
            own = {"responsible": "landlord", "basis": "BW7:206", "unless": [], "valid_from": date(2100, 1, 1)}
            rules += [rule.model_copy(update={"valid_until": date(2099, 12, 31)}), rule.model_copy(update=own)]
        else:
            rules.append(rule)
    return type(small)(**{name: getattr(small, name) for name in type(small).model_fields} | {"rules": rules})


@pytest.mark.parametrize(("day", "label"), [(NOW, "tenant"), (LATER, "landlord")])
def test_a_label_is_looked_up_in_the_rules_of_the_day(corpus, changing, tmp_path, day, label):
    drip = next(row for row in corpus.requests if row.rule == "tap.drips")
    (tmp_path / "cases.jsonl").write_text(json.dumps({"text": drip.text, "rule": drip.rule}), encoding="utf-8")
    assert label_of(drip, rules_on(changing, day)) == label
    assert [case.label for case in read_cases(tmp_path / "cases.jsonl", changing, day)] == [label]
    assert cases_of(corpus, changing, day)[0].label == label


@pytest.mark.parametrize("day", [NOW, LATER])
def test_judgement_goes_by_the_rules_of_the_same_day_as_the_labels(small_model, changing, corpus, day):
    drips = replace(corpus, requests=[row for row in corpus.requests if row.rule == "tap.drips"], elsewhere=[])
    cases = cases_of(replace(drips, several=[]), changing, day)
    figures = {figure.name: figure.value for figure in evaluate(Triager(small_model, changing), cases, day=day)}
    assert figures["label accuracy"] >= 0.8
    assert figures["cited rule gives the label"] == 1.0


def test_a_label_that_is_no_longer_in_force_counts_as_it_last_was(corpus, small):
    ended = [rule.model_copy(update={"valid_until": date(2020, 1, 1)}) for rule in small.rules]
    gone = small.model_copy(update={"rules": ended})
    assert [label_of(row, rules_on(gone, NOW)) for row in corpus.requests] == [
        label_of(row, rules_on(small, NOW)) for row in corpus.requests
    ]


def test_a_defect_of_a_retired_rule_is_found_by_its_successor(bundled, lay, tmp_path):
    ours = lay(RETIRED)
    text = "De kraan in de keuken drupt al een week. Verder lekt het dak boven de zolder bij regen."
    drip, leak = text.split(" Verder ")
    defects = [{"quote": drip, "rule": "tap.drips"}, {"quote": leak, "rule": "roof.leak"}]
    (tmp_path / "cases.jsonl").write_text(json.dumps({"text": text, "defects": defects}), encoding="utf-8")
    for day, rule in ((NOW, "tap.drips"), (LATER, "tap.own")):
        [case] = read_cases(tmp_path / "cases.jsonl", ours, day)
        assert [part.rule for part in case.parts] == [rule, "roof.leak"]
        figures = evaluate(Triager(bundled.model, ours), [case], day=day)
        assert {f.name: f.value for f in figures}["several defects: F1 of the same rule in the same place"] == 1.0


RETIRED = """
rules:
  - id: tap.own
    title: {nl: Kranen, en: Taps}
    responsible: landlord
    basis: own:1
    words: {nl: [kraan]}
retire:
  - {rule: tap.drips, instead: tap.own, basis: "own:2", valid_from: 2100-01-01}
"""


def test_as_many_of_either_label_is_not_yet_the_right_defects(bundled):
    text = "De kraan in de keuken drupt al een week. Verder lekt het dak boven de zolder bij regen."
    drip, leak = text.split(" Verder ")
    figures = []
    for rules in (("tap.drips", "roof.leak"), ("toilet.runs", "wall.crack")):
        labels = [rules_on(bundled.catalogue).ruled(rule, ())[0] for rule in ("tap.drips", "roof.leak")]
        parts = [
            Part(quote=q, label=label, rule=rule) for q, label, rule in zip((drip, leak), labels, rules, strict=True)
        ]
        found = evaluate(bundled, [Case(text=text, parts=parts)])
        figures.append({figure.name.removeprefix("several defects: "): figure.value for figure in found})
    right, other = figures
    assert right["F1"] == right["F1 of the same label in the same place"] == 1.0
    assert right["F1 of the same rule in the same place"] == 1.0
    assert other["F1"] == 1.0
    assert other["F1 of the same rule in the same place"] == 0.0


def test_a_label_told_of_elsewhere_is_not_found_in_its_place(bundled):
    text = "De kraan in de keuken drupt al een week. Verder lekt het dak boven de zolder bij regen."
    drip, leak = text.split(" Verder ")
    parts = [Part(quote=drip, label="landlord"), Part(quote=leak, label="tenant")]
    found = {figure.name: figure.value for figure in evaluate(bundled, [Case(text=text, parts=parts)])}
    assert found["several defects: F1"] == 1.0
    assert found["several defects: F1 of the same label in the same place"] == 0.0


def test_a_byte_order_mark_is_no_part_of_the_first_message(small, tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps({"text": "kraan drupt", "rule": "tap.drips"}), encoding="utf-8-sig")
    assert [case.text for case in read_cases(path, small)] == ["kraan drupt"]


def test_citations_count_only_where_they_are_given(triager):
    figures = {f.name: f for f in evaluate(triager, [Case(text="de kraan drupt", label="tenant")])}
    assert figures["label accuracy"].value == 1.0
    assert figures["basis right"].count == 0
    assert not any(name.startswith("worst voice") for name in figures)


def test_a_label_that_is_given_counts_whatever_else_the_row_holds(small, tmp_path):
    row = {"text": "kraan drupt", "rule": "Categorie 12", "label": "landlord", "afdeling": "west"}
    (tmp_path / "cases.jsonl").write_text(json.dumps(row), encoding="utf-8")
    assert [case.label for case in read_cases(tmp_path / "cases.jsonl", small)] == ["landlord"]


def test_figures_of_nothing_are_null_in_json(triager):
    rows = json.loads(as_json(evaluate(triager, [Case(text="de kraan drupt", label="tenant")])))
    assert {row["figure"]: row["value"] for row in rows}["over-reach"] is None
