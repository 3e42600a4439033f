"""The same request gets the same answer, whatever else stands around it; and what says nothing gets none."""

import pytest

from training.corpus import DATASETS, read_corpus

REQUESTS = {
    "De kraan in de keuken drupt al een week": "tenant",
    "cv ketel geeft storing en het blijft koud": "landlord",
    "lamp in de badkamer is kapot": "tenant",
    "lekkage via het dak op zolder": "landlord",
    "sleutel van de voordeur kwijt": "tenant",
    "schimmel op de muur in de slaapkamer": "landlord",
}


@pytest.fixture(scope="module")
def asides():
    """Those that the model has not seen, in Dutch."""
    found = read_corpus(DATASETS).part("test").asides
    return [aside for aside in found if aside.language == "nl"]


@pytest.mark.parametrize(("request_text", "responsible"), REQUESTS.items())
def test_words_around_a_request_hardly_ever_turn_its_label(bundled, asides, request_text, responsible):
    around = [
        f"{aside.text} {request_text}" if aside.place == "before" else f"{request_text}. {aside.text}"
        for aside in asides
    ]
    found = bundled.assess_many(around)
    assert (found["responsible"] == responsible).mean() >= 0.9
    assert (found["reason"] == "out-of-scope").mean() <= 0.02


def test_words_that_say_nothing_are_not_decided_by_themselves(bundled, asides):
    found = bundled.assess_many([aside.text for aside in asides])
    assert (found["decision"] == "auto").mean() <= 0.05
