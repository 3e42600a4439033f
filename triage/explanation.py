"""Saying why: the words that led to a score, and an answer that a tenant can use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from triage.assessment import FlippedBy, Holding, Score, Word
from triage.catalogue import Asked, Catalogue, Danger, Elsewhere, Rule, Text
from triage.decision import FAULTS, Decision, Question, Reason
from triage.recogniser import Recogniser
from triage.ruling import Term
from triage.table import Units
from triage.words import Words

__all__ = [
    "advice_on",
    "answer",
    "answer_danger",
    "answer_distress",
    "answer_elsewhere",
    "answer_no_rule",
    "answer_unread",
    "choices",
    "departure",
    "evidence",
    "is_guess",
]

_LISTED = 6
_NEGLIGIBLE = 0.02


def evidence(
    text: str, words: Words, units: Units, stretch: tuple[int, int], recogniser: Recogniser, output: str
) -> tuple[list[Word], Score]:
    """Divide a score over the words of a text, exactly.

    What a word adds is its row of the recogniser's table; a pair of words is shared between the two.

    Parameters
    ----------
    text : str
        The original message.
    words : Words
        Those of the clean message.
    units : Units
        What they bring.
    stretch : tuple of int
        The first word that was scored, and the one behind the last.
    recogniser : Recogniser
    output : str
        Whose score: a rule, a kind, a circumstance or a flag.

    Returns
    -------
    words : list of Word
        The most telling words, in the order of the text.
    score : Score
        Their weights, plus `Score.unlisted`, plus `Score.intercept`, are `Score.total`.
    """
    weights, intercept = recogniser.shares(units, *stretch, output)
    telling = [i for i in np.argsort(-weights)[:_LISTED].tolist() if weights[i] > _NEGLIGIBLE]
    places = [(i, int(words.starts[stretch[0] + i]), int(words.ends[stretch[0] + i])) for i in sorted(telling)]
    listed = [Word(start=a, end=b, text=text[a:b], weight=float(weights[i])) for i, a, b in places]
    total = intercept + float(weights.sum())
    return listed, Score(
        total=total, intercept=intercept, unlisted=total - intercept - sum(word.weight for word in listed)
    )


def answer(
    catalogue: Catalogue,
    rule: Rule,
    term: Term,
    decision: Decision,
    question: Question | None,
    flips: Sequence[FlippedBy],
    holding: Sequence[Holding],
    reason: Reason | None = None,
    urgent: bool = False,
    endangered: bool = False,
) -> Text:
    """Write the answer to the tenant about one defect, in both languages.

    What is no more than a guess is not told as what was reported. Who cannot wait is told what to do beforehand (see
    `advice_on`), and nothing of fault. Who is in danger is asked nothing, and told behind it what we do (see
    `answer_danger`).
    """

    def said(language: str) -> str:
        if is_guess(decision, reason, question):
            return _uncertain(language, decision, question, endangered)
        if urgent and _is_blamed(term):
            return " ".join([_WORDS[language]["first"], *_next(language, decision, question, endangered)])
        return _answer(language, catalogue, rule, term, decision, question, flips, holding, urgent, endangered)

    return Text(**{language: said(language) for language in _LANGUAGES})


def is_guess(decision: Decision, reason: Reason | None, question: Question | None) -> bool:
    """Tell whether it is not known what is broken: the rule was not recognised, or is what is asked."""
    return reason == "unrecognised" or (decision == "ask" and question is not None and question.fact == "rule")


def advice_on(rule: Rule, danger: Danger | None, guessed: bool) -> Text:
    """Say what to do at once about a defect that cannot wait.

    The tip of a rule is such advice only where the rule is of emergencies; another, to try something first, say, may be
    the wrong thing now.
    """
    if danger is not None:
        return danger.advice
    if guessed or rule.urgency != "emergency":
        return Text(**{language: _HASTE[language, "landlord"] for language in _LANGUAGES})
    return Text(
        **{language: f"{_HASTE[language, rule.responsible]} {rule.tip.in_(language)}" for language in _LANGUAGES}
    )


_HASTE = {
    ("nl", "landlord"): "Dit heeft haast: bel ons direct.",
    ("nl", "tenant"): "Dit heeft haast.",
    ("en", "landlord"): "This is urgent: call us at once.",
    ("en", "tenant"): "This is urgent.",
}


_UPKEEP = ("BKH:", "BW7:217", "own:")
"""Where the tenant's default rests on one of these, it is upkeep."""
_LIABLE = ("BW7:218", "BW7:219", "BW7:222")
"""By these a tenant answers for damage: they say who pays, not who does the work."""
_CARE = "BW7:213"
"""By this too where care was lacking; a default that rests on it is about what a tenant does, such as airing."""
_WHO = {
    ("nl", "landlord"): "Dit lossen wij voor u op",
    ("nl", "upkeep"): "Dit hoort bij het onderhoud dat een huurder zelf doet",
    ("nl", "cost"): "De kosten hiervan zijn voor u",
    ("nl", "tenant"): "Dit regelt u zelf",
    ("en", "landlord"): "We will take care of this",
    ("en", "upkeep"): "This belongs to the upkeep that a tenant does",
    ("en", "cost"): "The cost of this is yours",
    ("en", "tenant"): "This is yours to see to",
}
_MAYBE = {
    ("nl", "landlord"): "Waarschijnlijk lossen wij dit voor u op",
    ("nl", "upkeep"): "Waarschijnlijk hoort dit bij het onderhoud dat een huurder zelf doet",
    ("nl", "cost"): "Waarschijnlijk zijn de kosten hiervan voor u",
    ("nl", "tenant"): "Waarschijnlijk regelt u dit zelf",
    ("en", "landlord"): "We will probably take care of this",
    ("en", "upkeep"): "This probably belongs to the upkeep that a tenant does",
    ("en", "cost"): "The cost of this is probably yours",
    ("en", "tenant"): "This is probably yours to see to",
}
_WORDS = {
    "nl": {
        "about": "Uw melding: {title}.",
        "because": "omdat {because}.",
        "unsure": "We willen dat nog zeker weten.",
        "uncertain": "We weten nog niet zeker wat er aan de hand is.",
        "first": "Wij helpen u eerst; over de kosten praten we later.",
        "law": "Dit volgt uit: {citation}.",
        "presumed": "Wij gaan dan uit van: {citation}.",
        "consult": (
            "Overleg met ons voordat u het laat herstellen; kijk ook of uw aansprakelijkheidsverzekering betaalt."
        ),
        "tip": "Wat u nu kunt doen: {tip}",
        "then_us": "Helpt die stap niet, meld het ons dan: dan lossen wij het op.",
        "unless": "Het ligt anders als {list}. Laat het ons weten als dat zo is.",
        "ask": "Wilt u ons nog één ding vertellen? {question}",
        "review": "Een medewerker kijkt ernaar en neemt contact met u op.",
        "or": ", of als ",
    },
    "en": {
        "about": "Your report: {title}.",
        "because": "because {because}.",
        "unsure": "We still want to be sure of that.",
        "uncertain": "We are not sure yet what is the matter.",
        "first": "We help you first; we talk about the costs later.",
        "law": "This follows from: {citation}.",
        "presumed": "We would then go by: {citation}.",
        "consult": "Talk to us before you have it repaired; also see whether your liability insurance pays.",
        "tip": "What you can do now: {tip}",
        "then_us": "If that step does not help, tell us: then we will repair it.",
        "unless": "It is different if {list}. Please tell us if that is so.",
        "ask": "Could you tell us one more thing? {question}",
        "review": "A colleague will look at it and contact you.",
        "or": ", or if ",
    },
}
_LANGUAGES = tuple(_WORDS)
_MOST_FLIPS = 2
_STEP = "not_tried"
"""The circumstance by which something is the tenant's only until they have tried a simple step."""
_BELIEVED = 0.8
"""From this probability on a circumstance is told as the reason before anybody has confirmed it."""


def _is_blamed(term: Term) -> bool:
    """Tell whether the label rests on that the tenant did it, by a circumstance or by the rule itself."""
    return term.when in FAULTS or term.basis.startswith("BW7:218")


def _uncertain(language: str, decision: Decision, question: Question | None, endangered: bool) -> str:
    return " ".join([_WORDS[language]["uncertain"], *_next(language, decision, question, endangered)])


def _answer(
    language: str,
    catalogue: Catalogue,
    rule: Rule,
    term: Term,
    decision: Decision,
    question: Question | None,
    flips: Sequence[FlippedBy],
    holding: Sequence[Holding],
    urgent: bool,
    endangered: bool,
) -> str:
    words, decided, role = _WORDS[language], decision == "auto", _role(term)
    who = (_WHO if decided else _MAYBE)[language, role]
    parts = [words["about"].format(title=rule.title.in_(language))]
    if term.when is not None and _may_be_told(term.when, decision, question, holding):
        because = catalogue.circumstance(term.when).because.in_(language)
        parts.append(f"{who}, {words['because'].format(because=because)}")
    else:
        parts.append(f"{who}.")
    if term.when is None:
        parts.append(rule.why.in_(language))
    parts.append(words["law" if decided else "presumed"].format(citation=catalogue.citation(term.basis, language)))
    if not decided:
        parts.append(words["unsure"])
    elif role == "cost":
        parts.append(words["consult"])
    if term.responsible == rule.responsible and not urgent and (decided or rule.urgency == "emergency"):
        parts.append(words["tip"].format(tip=rule.tip.in_(language)))
    if term.when == _STEP and decided:
        parts.append(words["then_us"])
    held = {item.id for item in holding}
    others = [flip.text.in_(language) for flip in flips if flip.id not in held][:_MOST_FLIPS]
    if decided and others:
        parts.append(words["unless"].format(list=words["or"].join(others)))
    return " ".join([*parts, *_next(language, decision, question, endangered)])


def _role(term: Term) -> str:
    """Tell in what way a party is responsible."""
    if term.responsible == "landlord":
        return "landlord"
    if term.basis.startswith(_LIABLE) or (term.when is not None and term.basis.startswith(_CARE)):
        return "cost"
    return "upkeep" if term.when is None and term.basis.startswith(_UPKEEP) else "tenant"


def _may_be_told(when: str, decision: Decision, question: Question | None, holding: Sequence[Holding]) -> bool:
    """Tell whether a circumstance may be told as the reason: not where it is asked, or hardly believed."""
    if decision == "auto":
        return True
    asked = question is not None and question.fact == when
    return not asked and any(c.id == when and (c.known or c.probability >= _BELIEVED) for c in holding)


def _next(language: str, decision: Decision, question: Question | None, endangered: bool) -> list[str]:
    """Say what is still to happen: nothing if it is decided, or if the answer to danger says it."""
    if decision == "auto" or endangered:
        return []
    if decision == "ask" and question is not None:
        return [_WORDS[language]["ask"].format(question=question.text.in_(language))]
    return [_WORDS[language]["review"]]


def choices(question: Question, catalogue: Catalogue) -> list[Text]:
    """Say in words what each answer to a question means, since the question itself need not ask for yes or no."""
    return [_choice(question, answer, catalogue) for answer in question.answers]


def _choice(question: Question, answer: bool | str, catalogue: Catalogue) -> Text:
    if isinstance(answer, str):
        return catalogue.rule(answer).title
    own = question.text if isinstance(question.text, Asked) else None
    if own is not None and (said := own.yes if answer else own.no):
        return said
    if not answer:
        return Text(nl="Dat is niet zo", en="That is not so")
    because = catalogue.circumstance(question.fact).because
    return Text(nl=f"Het is zo dat {because.nl}", en=f"It is so that {because.en}")


def departure(rule: Rule, catalogue: Catalogue) -> Text | None:
    """Say to staff where an association's rule departs from law, and which of the two was applied."""
    if not rule.departures:
        return None
    return Text(nl=_departure("nl", rule, catalogue), en=_departure("en", rule, catalogue))


_DEPARTS = {
    (
        "nl",
        False,
    ): "Uw regel {own} legt dit bij de huurder; volgens {law} is het voor de verhuurder. De wet telt.",
    ("nl", True): "Uw regel {own} is toegepast, maar wijkt af van {law}: volgens de wet is dit voor de verhuurder.",
    ("en", False): "Your rule {own} gives this to the tenant; by {law} it is the landlord's. The law was applied.",
    ("en", True): "Your rule {own} was applied, but departs from {law}: by law this is the landlord's.",
}


def _departure(language: str, rule: Rule, catalogue: Catalogue) -> str:
    return " ".join(
        _DEPARTS[language, item.insists].format(own=item.basis, law=catalogue.citation(item.law, language))
        for item in rule.departures
    )


def answer_elsewhere(kind: Elsewhere) -> Text:
    """Write the answer to a message in which nothing is to be repaired."""
    return kind.belongs


def answer_distress() -> Text:
    """Write the answer to somebody who needs help, not a repair."""
    return Text(
        nl="Een medewerker leest uw bericht en neemt contact met u op.",
        en="A colleague will read your message and contact you.",
    )


def answer_danger() -> Text:
    """Write how every answer ends where there is danger, and something to repair."""
    return Text(nl="Wij nemen direct contact met u op.", en="We will contact you at once.")


def answer_no_rule() -> Text:
    """Write the answer to a message about what no rule in force is about."""
    return Text(
        nl="Wij hebben uw melding gelezen. Een medewerker zoekt uit wie dit oplost en neemt contact met u op.",
        en="We have read your report. A colleague will find out who sees to this and contact you.",
    )


def answer_unread(language: str) -> Text:
    """Write the answer to a message that could not be read."""
    if language == "other":
        return Text(
            nl="Een medewerker leest uw bericht. Schrijf als het kan in het Nederlands of Engels.",
            en="A colleague will read your message. If you can, please write in Dutch or English.",
        )
    return Text(
        nl="In uw bericht konden wij geen melding lezen. Wilt u beschrijven wat er kapot is, en waar?",
        en="We could not read a report in your message. Could you describe what is broken, and where?",
    )
