"""Danger is told by phrases; a negation takes it away, and words too far apart mean nothing together."""

import numpy as np
import pytest

from triage.catalogue import Danger, Phrases, Text
from triage.urgency import Alarm


@pytest.fixture(scope="module")
def alarm(small):
    """An alarm with more parts of signs than fit in one word of 64 bits."""
    signs = {
        "gas": ["ruik* gas", "*lucht meterkast"],
        "power": ["geen stroom"],
        "many": [f"gevaar{a}{b}" for a in "abcdefgh" for b in "abcdefghij"],
    }
    say = Text(nl="Bel 112.", en="Call 112.")
    dangers = [Danger(id=name, title=say, advice=say, signs=Phrases(nl=own)) for name, own in signs.items()]
    return Alarm(small.model_copy(update={"dangers": dangers}))


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("ik ruik overal gas", "gas"),
        ("het ruikt hier naar gas", "gas"),
        ("ik ruik geen gas", None),
        ("niet ruikt het naar gas", None),
        ("niet dat het ruikt maar gas kost veel", "gas"),
        ("gas ruik ik", None),
        ("ik ruik iets in de gang achter de deur gas", None),
        ("gaslucht bij de meterkast", "gas"),
        ("wij hebben geen stroom", "power"),
        ("wij hebben nooit geen stroom", None),
        ("wij hebben stroom", None),
        ("let op gevaarhj", "many"),
        ("", None),
    ],
)
def test_signs_of_danger(alarm, text, danger):
    words = text.split()
    found = alarm.find(alarm.marks(words))
    assert (found.id if found else None) == danger
    texts, signs = alarm.may_ring(alarm.marks(words), np.array([0, len(words)]))
    if danger:
        assert alarm.find(alarm.marks(words), signs[0]).id == danger
    else:
        assert not len(texts) or alarm.find(alarm.marks(words), signs[0]) is None
