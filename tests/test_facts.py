"""What is known, as the types of values of many programs say it."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from triage.values import is_blank, text_of

TEXT = "de kraan drupt"


@pytest.mark.parametrize(
    "yes",
    [
        True,
        1,
        1.0,
        Decimal(1),
        Decimal("1.0"),
        Fraction(1),
        np.True_,
        np.int8(1),
        np.float32(1),
        "ja",
        "1",
        "1.0",
        "1,00",
    ],
    ids=repr,
)
def test_yes_is_yes_whatever_type_says_it(bundled, yes):
    assert bundled.assess(TEXT, {"subscription": yes}).receipt.facts == {"subscription": True}


@pytest.mark.parametrize("no", [False, 0, Decimal(0), np.False_, "nee", "0.0", "0,00"], ids=repr)
def test_no_is_no_whatever_type_says_it(bundled, no):
    assert bundled.assess(TEXT, {"subscription": no}).receipt.facts == {"subscription": False}


@pytest.mark.parametrize("nothing", [None, "", " \t", b" ", float("nan"), Decimal("NaN"), Decimal("sNaN"), np.nan])
def test_what_is_blank_says_nothing(bundled, nothing):
    assert bundled.assess(TEXT, {"subscription": nothing}).receipt.facts == {}
    assert is_blank(nothing)
    assert not text_of(nothing).strip()
    assert bundled.assess(nothing).reason == "empty"


def test_bytes_are_read_as_text_however_they_are_held(bundled):
    assert bundled.assess(memoryview(TEXT.encode())).text == TEXT
