"""Writing a basis out as a person would cite it."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["cite"]

_ORDINALS = {
    "nl": ["eerste", "tweede", "derde", "vierde", "vijfde", "zesde", "zevende", "achtste", "negende"],
    "en": ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"],
}


def cite(basis: str, language: str, titles: Mapping[str, str]) -> str:
    """Write a basis out in words, with the titles of other sources than the two laws."""
    prefix, _, place = basis.partition(":")
    dutch = language != "en"
    if prefix == "BW7":
        return f"Burgerlijk Wetboek Boek 7, artikel {place}" if dutch else f"Dutch Civil Code, Book 7, article {place}"
    if prefix == "BKH":
        letter, _, dash = place.partition(".")
        name = "Besluit kleine herstellingen, bijlage onder" if dutch else "Dutch Minor Repairs Decree, annex under"
        noun = "streepje" if dutch else "dash"
        ordinal = dict(enumerate(_ORDINALS["nl" if dutch else "en"], 1)).get(int(dash or 0), "")
        item = f", {ordinal} {noun}" if ordinal else f", {noun} {dash}" if dash else ""
        return f"{name} {letter}{item}"
    return f"{titles.get(prefix, 'Eigen regeling' if dutch else 'Own rules')}, {place}"
