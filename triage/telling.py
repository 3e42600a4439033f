"""Putting a judgement into words: label, rule, evidence, what would flip it, question and answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import takewhile

from triage._version import __version__
from triage.artefact import Model
from triage.assessment import Assessment, CitedRule, Finding, FlippedBy, Holding, QuestionAsked, Receipt, Word
from triage.catalogue import Catalogue, Text
from triage.decision import Question
from triage.docket import HOLDS, Defects, Docket, Outcome
from triage.explanation import (
    advice_on,
    answer,
    answer_danger,
    answer_distress,
    answer_elsewhere,
    answer_no_rule,
    answer_unread,
    choices,
    departure,
    evidence,
    is_guess,
)
from triage.facts import Settled, by_finding
from triage.language import Language
from triage.ruling import Rulings, Term

__all__ = ["Teller"]

_SLIGHT = 0.01
"""What is less likely than this is named among what would turn a label only where all is."""


class Teller:
    """Puts judgements into words.

    Parameters
    ----------
    model : Model
    catalogue : Catalogue
    """

    def __init__(self, model: Model, catalogue: Catalogue) -> None:
        self._model = model
        self._recogniser = model.recogniser
        self._catalogue = catalogue
        self._kinds = {kind.id: kind for kind in catalogue.elsewhere}

    def tell(self, text: str, docket: Docket, facts: Settled, day: date) -> Assessment:
        """Put the judgement of one message into words.

        Parameters
        ----------
        text : str
            The original message.
        docket : Docket
            Of that message alone.
        facts : mapping
            What was known, settled.
        day : date

        Returns
        -------
        Assessment
        """
        outcome = Outcome(*(column[0] for column in docket.outcomes()))
        defects, language = docket.defects, docket.languages[0]
        urgent = bool(outcome.urgent)
        findings = (
            [self._finding(text, defects, i, facts, language, urgent) for i in range(len(defects))] if defects else []
        )
        first = findings[0] if findings else None
        elsewhere, danger = docket.elsewhere[0], docket.dangers.get(0)
        letter = [self._letter(docket, findings)]
        if danger is not None and danger.repair:
            letter.append(answer_danger())
        advice = [danger.advice if danger else None, *(finding.urgent_advice for finding in findings)]
        urging = _without_echoes([text for text in advice if text is not None])
        told: list[Word] = [word for finding in findings for word in finding.evidence]
        if elsewhere and defects is not None:
            told, _ = evidence(text, defects.words, defects.units, (0, len(defects.words)), self._recogniser, elsewhere)
        return Assessment(
            text=text,
            language=language,
            responsible=outcome.responsible,
            confidence=float(outcome.confidence),
            decision=outcome.decision,
            reason=outcome.reason,
            rule=first.rule if first else None,
            basis=first.basis if first else None,
            circumstances=first.circumstances if first else [],
            question=next((finding.question for finding in findings if finding.question), None),
            urgent=urgent,
            urgent_advice=_join(urging) if urging else None,
            evidence=told,
            elsewhere=elsewhere,
            findings=findings,
            explanations=_join([*urging, *letter]),
            receipt=self._receipt(facts, day),
        )

    def _letter(self, docket: Docket, findings: Sequence[Finding]) -> Text:
        if (kind := docket.elsewhere[0]) is not None:
            return answer_elsewhere(self._kinds[kind])
        if findings:
            return _join([finding.explanations for finding in findings])
        if docket.reasons[0] == "out-of-scope":
            return answer_distress()
        if docket.reasons[0] == "no-rule":
            return answer_no_rule()
        return answer_unread(docket.languages[0])

    def _finding(
        self, text: str, defects: Defects, i: int, facts: Settled, language: Language, alarming: bool
    ) -> Finding:
        words, rulings = defects.words, defects.rulings
        term = rulings.deciding(i)
        rule = rulings.in_force.rules[term.rule]
        first, last = int(defects.stretches.firsts[i]), int(defects.stretches.lasts[i])
        told, score = evidence(text, words, defects.units, (first, last), self._recogniser, rule.id)
        known, number = by_finding(facts), int(defects.places.numbers[i])
        settled = known.get(number, known[0]).settled
        holding = self._holding(text, defects, i, term, settled, language)
        flips = self._flips(rulings, i, term, settled)
        unless = [] if alarming else flips  # nobody in need is told what else it might be
        decision, reason, question = defects.decisions[i], defects.reasons[i], defects.questions[i]
        guessed = is_guess(decision, reason, question)
        urgent, danger = bool(defects.urgent[i]), defects.dangers.get(i)
        article = self._catalogue.article(term.basis)
        return Finding(
            number=number,
            span=(int(words.starts[first]), int(words.ends[last - 1])),
            responsible=term.responsible,
            confidence=float(defects.confidence[i]),
            decision=decision,
            reason=reason,
            rule=CitedRule(
                id=rule.id,
                title=rule.title.in_(language),
                titles=rule.title,
                citation=self._catalogue.citation(term.basis, language),
                url=self._catalogue.url(term.basis),
                quote=article.quote if article else None,
                vera=rule.vera,
                departs=departure(rule, self._catalogue),
            ),
            basis=term.basis,
            circumstances=holding,
            flips=flips,
            question=self._asked(question, number if defects.places.counts[i] > 1 else 0),
            urgent=urgent,
            urgent_advice=advice_on(rule, danger, guessed) if urgent else None,
            evidence=told,
            score=score,
            explanations=answer(
                self._catalogue,
                rule,
                term,
                decision,
                question,
                unless,
                holding,
                reason,
                urgent,
                danger is not None,
            ),
        )

    def _flips(self, rulings: Rulings, i: int, term: Term, settled: Settled) -> list[FlippedBy]:
        """List what would turn the label of a defect, the likeliest first.

        What is tested behind the circumstance that decides would change nothing.
        """
        chances = rulings.circumstances(i)
        turned = (rulings.landlord_if[0][i] >= 0.5) != (rulings.landlord[i] >= 0.5)
        before = takewhile(lambda entry: entry.when != term.when, rulings.in_force.exceptions[term.rule])
        turning = {key for key, turns in zip(rulings.law.keys, turned, strict=True) if turns and key not in settled}
        flips = [
            FlippedBy(
                id=entry.when,
                text=self._catalogue.circumstance(entry.when).because,
                responsible=entry.responsible,
                basis=entry.basis,
            )
            for entry in reversed([*before])
            if entry.when in turning and entry.basis and entry.responsible not in (None, term.responsible)
        ]
        flips.sort(key=lambda flip: -chances[flip.id])  # of equals, what is special to the rule stays first
        return [flip for flip in flips if chances[flip.id] >= _SLIGHT] or flips

    def _holding(
        self, text: str, defects: Defects, i: int, term: Term, settled: Settled, language: Language
    ) -> list[Holding]:
        relevant = {entry.when: entry for entry in defects.rulings.in_force.exceptions[term.rule]}
        learned = set(self._recogniser.outputs.circumstances)
        stretch = (int(defects.stretches.firsts[i]), int(defects.stretches.lasts[i]))
        return [
            Holding(
                id=key,
                title=self._catalogue.circumstance(key).title.in_(language),
                probability=chance,
                basis=relevant[key].basis,
                known=settled.get(key) is True,
                evidence=evidence(text, defects.words, defects.units, stretch, self._recogniser, key)[0]
                if key in learned
                else [],
            )
            for key, chance in defects.rulings.circumstances(i).items()
            if key in relevant and (chance >= HOLDS or key == term.when)
        ]

    def _asked(self, question: Question | None, finding: int) -> QuestionAsked | None:
        if question is None:
            return None
        return QuestionAsked(
            nl=question.text.nl,
            en=question.text.en,
            fact=f"{finding}.{question.fact}" if finding and question.answers else question.fact,
            kind="choice" if question.answers else "date",
            answers=list(question.answers),
            choices=choices(question, self._catalogue),
        )

    def _receipt(self, facts: Settled, day: date) -> Receipt:
        return Receipt(
            library=__version__,
            model=self._model.manifest.version,
            model_hash=self._model.hash,
            catalogue=self._catalogue.id,
            catalogue_version=self._catalogue.version,
            catalogue_hash=self._catalogue.hash,
            date=day,
            facts=dict(facts),
        )


def _without_echoes(advice: list[Text]) -> list[Text]:
    """Leave out what was said already, or is how another piece of advice begins."""
    once = list(dict.fromkeys(advice))
    return [text for text in once if not any(other != text and other.nl.startswith(text.nl) for other in once)]


def _join(texts: list[Text]) -> Text:
    return Text(nl="\n\n".join(text.nl for text in texts), en="\n\n".join(text.en for text in texts))
