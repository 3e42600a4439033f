"""Wie doet wat: a catalogue as a static page for tenants, to search, to print, to link to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template

from triage.catalogue import Catalogue, Party, Rule, Text
from triage.decision import FAULTS
from triage.in_force import Timeline
from triage.tenancies import binding, tenancy_of

__all__ = ["write_guide"]

Bound = Mapping[str, list[Rule]]
"""Versions that count for some tenancies alone, by rule."""

_PARTS = Path(__file__).parent / "guide_parts"
_PAGES = {"nl": "index.html", "en": "en.html"}

_AREAS = {
    "safety": Text(nl="Veiligheid", en="Safety"),
    "kitchen": Text(nl="Keuken", en="Kitchen"),
    "water": Text(nl="Kranen en water", en="Taps and water"),
    "bathroom": Text(nl="Badkamer en toilet", en="Bathroom and toilet"),
    "drains": Text(nl="Afvoer en riool", en="Drains"),
    "heating": Text(nl="Verwarming en warm water", en="Heating and hot water"),
    "ventilation": Text(nl="Ventilatie, vocht en schimmel", en="Ventilation, damp and mould"),
    "electricity": Text(nl="Elektra, lampen en bellen", en="Electricity, lamps and bells"),
    "openings": Text(nl="Deuren, ramen, sloten en glas", en="Doors, windows, locks and glass"),
    "inside": Text(nl="Muren, vloeren en plafonds", en="Walls, floors and ceilings"),
    "outside": Text(nl="Dak, goot en gevel", en="Roof, gutter and façade"),
    "garden": Text(nl="Tuin, schuur en schutting", en="Garden, shed and fence"),
    "common": Text(nl="Trappenhuis en gezamenlijke ruimten", en="Stairwell and common parts"),
    "pests": Text(nl="Ongedierte", en="Pests"),
    "general": Text(nl="Algemeen", en="General"),
}

_URGENCY = {
    ("landlord", "emergency"): Text(
        nl="Bel meteen, ook 's avonds en in het weekend.", en="Call at once, at night and in the weekend too."
    ),
    ("landlord", "soon"): Text(nl="Meld het vandaag nog.", en="Report it today."),
    ("landlord", "normal"): Text(
        nl="Kan wachten tot u tijd hebt om het te melden.", en="Can wait until you have time to report it."
    ),
    ("tenant", "emergency"): Text(nl="Doe dit meteen.", en="Do this at once."),
    ("tenant", "soon"): Text(nl="Doe dit vandaag nog.", en="Do this today."),
    ("tenant", "normal"): Text(nl="Kan wachten tot u tijd hebt.", en="Can wait until you have time."),
}

_WORDS = {
    "nl": {
        "title": "Wie doet wat in huis? {whose}",
        "intro": "Zoek wat er kapot is. U leest wie het oplost, wanneer dat anders ligt, en wat u zelf kunt doen.",
        "skip": "Naar de regels",
        "ask": "Wat is er aan de hand? Schrijf het zoals u het zou zeggen.",
        "example": "bijvoorbeeld: wc loopt door",
        "area": "Plek",
        "all_areas": "Het hele huis",
        "who": "Voor wie",
        "everybody": "Iedereen",
        "landlord": "Verhuurder",
        "tenant": "Huurder",
        "by_letter": "Op letter",
        "one": "1 regel gevonden.",
        "some": "# regels gevonden.",
        "none": "Niets gevonden. Probeer een ander woord, of meld het ons gewoon.",
        "unless": "Wanneer het anders ligt",
        "flip": "{who}, als {because}",
        "bound": "Dit geldt als {because}.",
        "or": " of ",
        "tip": "Wat u kunt doen",
        "urgent": "Hoe dringend",
        "law": "Zo staat het in",
        "sources": "Bronnen",
        "made": "{whose}, versie {version}. Geen juridisch advies: bij twijfel beslist een medewerker.",
        "other": "English",
        "skipped": "de het een en is in op van aan bij mijn onze er niet geen te al dat die met voor naar ik we wij",
    },
    "en": {
        "title": "Who does what at home? {whose}",
        "intro": "Look up what is broken. Read who repairs it, when that is different, and what you can do yourself.",
        "skip": "To the rules",
        "ask": "What is the matter? Write it as you would say it.",
        "example": "for instance: toilet keeps running",
        "area": "Place",
        "all_areas": "The whole home",
        "who": "For whom",
        "everybody": "Everybody",
        "landlord": "Landlord",
        "tenant": "Tenant",
        "by_letter": "By letter",
        "one": "1 rule found.",
        "some": "# rules found.",
        "none": "Nothing found. Try another word, or just report it to us.",
        "unless": "When it is different",
        "flip": "{who}, if {because}",
        "bound": "This holds if {because}.",
        "or": " or ",
        "tip": "What you can do",
        "urgent": "How urgent",
        "law": "This follows from",
        "sources": "Sources",
        "made": "{whose}, version {version}. No legal advice: in doubt a member of staff decides.",
        "other": "Nederlands",
        "skipped": "the a an and is in on of at my our there not no to that it with for i we does do from",
    },
}


def write_guide(catalogue: Catalogue, folder: str | Path, day: date | None = None) -> list[Path]:
    """Write the pages of a catalogue: ``index.html`` in Dutch and ``en.html`` in English.

    Each is one file that needs nothing else: no network, no cookies, no tracking.

    Parameters
    ----------
    catalogue : Catalogue
    folder : str or Path
        Made if it does not exist.
    day : date, optional
        The rules of this day are shown; today if left out.

    Returns
    -------
    list of Path
        The files written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    day = day or date.today()
    bound = binding(catalogue, day)
    rules = {id_: versions[0] for id_, versions in bound.items()} | dict(Timeline(catalogue).at(day).rules)
    written = []
    for language, name in _PAGES.items():
        path = folder / name
        path.write_text(_page(catalogue, list(rules.values()), bound, language), encoding="utf-8", newline="\n")
        written.append(path)
    return written


def _page(catalogue: Catalogue, rules: list[Rule], bound: Bound, language: str) -> str:
    words = _WORDS[language]
    whose = catalogue.title.in_(language)
    other = "en" if language == "nl" else "nl"
    rules = sorted(rules, key=lambda rule: rule.title.in_(language).casefold())
    areas = [area for area in [*_AREAS, *(rule.area for rule in rules)] if any(rule.area == area for rule in rules)]
    areas = list(dict.fromkeys(areas))
    plain = {name: escape(text) for name, text in words.items()}
    return _template("page.html").substitute(
        plain,
        language=language,
        title=escape(words["title"].format(whose=whose)),
        style=(_PARTS / "style.css").read_text(encoding="utf-8"),
        script=(_PARTS / "search.js").read_text(encoding="utf-8"),
        other_page=_PAGES[other],
        other_language=other,
        other_name=escape(words["other"]),
        areas="".join(f'<option value="{escape(area)}">{_area(area, language)}</option>' for area in areas),
        letters="".join(_letter(letter) for letter in sorted({rule.title.in_(language)[0].lower() for rule in rules})),
        sections="\n".join(_section(area, rules, catalogue, bound, language) for area in areas),
        source_list="".join(_source(source.title, source.number, source.url) for source in catalogue.sources),
        made=escape(words["made"].format(whose=whose, version=catalogue.version)),
    )


@lru_cache
def _template(name: str) -> Template:
    return Template((_PARTS / name).read_text(encoding="utf-8"))


def _area(area: str, language: str) -> str:
    return escape(_AREAS[area].in_(language) if area in _AREAS else area.replace("_", " ").capitalize())


def _letter(letter: str) -> str:
    said = escape(letter)
    return f'<button type="button" value="{said}" aria-pressed="false">{said.upper()}</button>'


def _source(title: str, number: str | None, url: str | None) -> str:
    name = escape(title + (f" ({number})" if number else ""))
    return f'<li><a href="{escape(url)}" rel="noreferrer">{name}</a></li>' if url else f"<li>{name}</li>"


def _section(area: str, rules: list[Rule], catalogue: Catalogue, bound: Bound, language: str) -> str:
    own = "\n".join(_rule(rule, catalogue, bound.get(rule.id, []), language) for rule in rules if rule.area == area)
    return f'<section class="area" id="area-{escape(area)}"><h2>{_area(area, language)}</h2>\n{own}\n</section>'


def _rule(rule: Rule, catalogue: Catalogue, bound: list[Rule], language: str) -> str:
    words = _WORDS[language]
    article = catalogue.article(rule.basis)
    flips = "".join([*_flips_by_tenancy(rule, catalogue, bound, language), *_flips(rule, catalogue, language)])
    same = [tenancy_of(version).in_(language) for version in bound if version.responsible == rule.responsible]
    only = f"{words['bound'].format(because=words['or'].join(same))} " if rule.is_tenancy_bound else ""
    urgent = _URGENCY[rule.responsible, rule.urgency].in_(language)
    advice = (
        f"<dt>{words['tip']}</dt><dd>{_said(rule.tip, language)}</dd>\n"
        f'<dt>{words["urgent"]}</dt><dd class="{rule.urgency}">{escape(urgent)}</dd>'
    )
    danger = rule.urgency == "emergency"
    said = [*rule.words.all(), *rule.examples.all(), rule.title.nl, rule.title.en]
    return _template("rule.html").substitute(
        id=rule.id,
        responsible=rule.responsible,
        area=escape(rule.area),
        urgency=rule.urgency,
        said=escape(" ".join(dict.fromkeys(" ".join(said).split()))),
        title=_said(rule.title, language),
        who=words[rule.responsible],
        why=escape(only) + _said(rule.why, language),
        at_once=f"<dl>{advice}</dl>" if danger else "",
        advice="" if danger else advice,
        unless=f"<dt>{words['unless']}</dt><dd><ul>{flips}</ul></dd>" if flips else "",
        law_label=words["law"],
        law=escape(catalogue.citation(rule.basis, language)),
        quote=f'<blockquote lang="nl">{escape(article.quote)}</blockquote>' if article and article.quote else "",
    )


def _said(text: Text, language: str) -> str:
    """Return a text as HTML; one that nobody translated is marked, so that it is read out as the Dutch it is."""
    said = escape(text.in_(language))
    return f'<span lang="nl">{said}</span>' if language == "en" and text.nl == text.en else said


def _flips(rule: Rule, catalogue: Catalogue, language: str) -> list[str]:
    flips = []
    for entry in catalogue.exceptions(rule):
        if rule.urgency == "emergency" and entry.when in FAULTS:
            continue
        if entry.responsible and entry.basis and entry.responsible != rule.responsible:
            because = catalogue.circumstance(entry.when).because
            flips.append(_flip(entry.responsible, because, entry.basis, catalogue, language))
    return flips


def _flips_by_tenancy(rule: Rule, catalogue: Catalogue, bound: list[Rule], language: str) -> list[str]:
    others = [version for version in bound if version.responsible != rule.responsible]
    return [_flip(other.responsible, tenancy_of(other), other.basis, catalogue, language) for other in others]


def _flip(who: Party, because: Text, basis: str, catalogue: Catalogue, language: str) -> str:
    words = _WORDS[language]
    said = escape(words["flip"].format(who=words[who], because=because.in_(language)))
    return f"<li>{said} <small>({escape(catalogue.citation(basis, language))})</small></li>"
