"""The triager: from a message to an assessment, one way through the house."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from triage import artefact
from triage._version import __version__
from triage.adoption import adopt
from triage.assessment import Assessment, CitedRule, Finding, FlippedBy, Holding, QuestionAsked, Receipt, Word
from triage.catalogue import Catalogue, Danger, Text
from triage.dates import read_date
from triage.decision import Decision, Question, Reason, best_question, decide, tenancy_question
from triage.defects import Span, split
from triage.errors import TriageError
from triage.explanation import answer, answer_elsewhere, answer_unread, departure, evidence
from triage.features import Token, tokens
from triage.language import Language, detect
from triage.message import clean, is_empty
from triage.recogniser import Recognition
from triage.ruling import Facts, Ruler, Ruling
from triage.urgency import find_danger

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Triager", "load"]

log = logging.getLogger(__name__)

_HOLDS = 0.5
_UNRULED = 0.5
"""From this probability on that a defect falls under a rule that is not in force, it gets no label."""
_MISSING = ("nan", "<NA>", "NaT")
"""How NumPy and pandas write what is not there."""


@dataclass(frozen=True)
class Defect:
    """One defect, judged."""

    span: Span
    tokens: list[Token]
    ruling: Ruling
    confidence: float
    decision: Decision
    reason: Reason | None
    question: Question | None
    urgent: bool
    danger: Danger | None


@dataclass(frozen=True)
class Judgement:
    """What was found out about one message, before it is put into words."""

    language: Language = "nl"
    defects: list[Defect] = field(default_factory=list)
    elsewhere: str | None = None
    reason: Reason | None = None
    confidence: float = 0.0
    danger: Danger | None = None
    tokens: list[Token] = field(default_factory=list)

    @property
    def responsible(self) -> Literal["landlord", "tenant", "both"] | None:
        """The label of the whole message."""
        labels = {defect.ruling.responsible for defect in self.defects}
        return "both" if len(labels) > 1 else next(iter(labels), None)

    @property
    def decision(self) -> Decision:
        """The most careful decision among the defects; a person's where labels differ or there are none."""
        decisions = {defect.decision for defect in self.defects}
        if self.reason or not decisions or self.responsible == "both" or "review" in decisions:
            return "review"
        return "ask" if "ask" in decisions else "auto"

    @property
    def why_not_auto(self) -> Reason | None:
        """The reason of the whole message."""
        if self.reason or self.decision == "auto":
            return self.reason
        if self.responsible == "both":
            return "several-defects"
        return next(defect.reason for defect in self.defects if defect.decision == self.decision)

    @property
    def urgent(self) -> bool:
        """Whether anything in the message needs somebody now."""
        return self.danger is not None or any(defect.urgent for defect in self.defects)

    @property
    def question(self) -> Question | None:
        """The first open question, unless labels differ for good."""
        return next((defect.question for defect in self.defects if defect.question), None)


class Triager:
    """Assesses repair requests with a model and a catalogue.

    Parameters
    ----------
    model : Model
    catalogue : Catalogue, optional
        Whose rules apply; the model's own if left out. Rules are recognised by id, so the same model serves any
        catalogue that shares them; rules that it adds are recognised from their own words and examples.
    """

    def __init__(self, model: artefact.Model, catalogue: Catalogue | None = None) -> None:
        self.catalogue = catalogue or model.catalogue
        self.model = replace(model, recogniser=adopt(model.recogniser, self.catalogue))
        outputs = self.model.recogniser.outputs
        self._ruler = Ruler(self.catalogue, outputs.rules, outputs.circumstances)
        self._answers = {"rule", *(c.id for c in self.catalogue.circumstances if c.words.all())}
        """Facts that settle what a message may leave open; a subscription, say, does not."""
        self._kinds = {kind.id: kind for kind in self.catalogue.elsewhere}

    def __repr__(self) -> str:
        return f"Triager(model={self.model.manifest.version!r}, catalogue={self.catalogue.id!r})"

    def assess(self, text: object, facts: Facts | None = None, date: str | date | None = None) -> Assessment:
        """Assess one request. Never raises for any text.

        Parameters
        ----------
        text : str
            The message as it came in; anything else is read as text, and None as empty.
        facts : mapping of str to bool or str, optional
            What is known: a circumstance or its opposite (``{"reachable": False}``), or the rule
            (``{"rule": "tap.drips"}``).
        date : str or date, optional
            Judge by the rules of this day; today if left out.

        Returns
        -------
        Assessment

        Raises
        ------
        FactError
            If a fact is not one that the catalogue knows.
        TriageError
            If the date cannot be read.

        Examples
        --------
        >>> import triage
        >>> assessment = triage.load().assess("De kraan in de keuken drupt al een week")
        >>> assessment.responsible, assessment.basis
        ('tenant', 'BKH:d.1')
        """
        day = read_date(date)
        settled = self._ruler.settle(facts)
        message = _as_text(text)
        judgement = self._judge_safely(message, settled, day)
        try:
            return self._put_into_words(message, judgement, settled, day)
        except Exception as error:
            log.warning("a request could not be put into words: %s", type(error).__name__)
            return self._put_into_words(message, Judgement(reason="error"), settled, day)

    def assess_many(
        self,
        texts: Iterable[object],
        facts: Facts | Sequence[Facts | None] | None = None,
        date: str | date | Sequence[str | date | None] | None = None,
        per: Literal["request", "finding"] = "request",
    ) -> pd.DataFrame:
        """Assess many requests. Never raises for any text; a row that fails has reason "error".

        Parameters
        ----------
        texts : iterable of str, or pandas Series
        facts : mapping, or sequence of mapping or None, optional
            As for `assess`: the same for all, or one for each request.
        date : str or date, or sequence of them, optional
            As for `assess`: the same for all, or one for each request.
        per : {"request", "finding"}
            One row a request, or one a defect (with ``request``, ``start`` and ``end``).

        Returns
        -------
        DataFrame
            Columns responsible, confidence, decision, reason, rule, basis, circumstances, question, urgent, language,
            elsewhere; same order and, per request, same index as the input.

        Raises
        ------
        FactError, TriageError
            As for `assess` where facts or date are the same for all; for an unknown ``per``, and if there are not as
            many facts or dates as requests. Facts or a date of one request that cannot be used give it reason "error".
        """
        from triage.batch import frame

        if per not in ("request", "finding"):
            raise TriageError(f"per={per!r}; use 'request' or 'finding'")
        messages = [_as_text(text) for text in texts]
        known = _for_each(facts, len(messages), "facts")
        days = _for_each(date, len(messages), "dates")
        if known is None:
            settled = self._ruler.settle(cast(Any, facts))
        if days is None:
            day = read_date(cast(Any, date))
        judgements = []
        for i, message in enumerate(messages):
            try:
                own = settled if known is None else self._ruler.settle(known[i])
                when = day if days is None else read_date(days[i])
            except TriageError as error:
                log.warning("request %d: its facts or date cannot be used: %s", i, type(error).__name__)
                judgements.append(Judgement(reason="error"))
                continue
            judgements.append(self._judge_safely(message, own, when))
        return frame(texts, judgements, per)

    def _judge_safely(self, text: str, facts: Mapping[str, bool | str], day: date) -> Judgement:
        try:
            return self._judge(text, facts, day)
        except Exception as error:  # whatever goes wrong with one request must not end a batch
            log.warning("a request could not be judged: %s", type(error).__name__)
            return Judgement(reason="error")

    def _judge(self, text: str, facts: Mapping[str, bool | str], day: date) -> Judgement:
        cleaned = clean(text)
        if is_empty(cleaned):
            return Judgement(reason="empty")
        words = tokens(cleaned)
        language = detect(cleaned)
        danger = find_danger([token.word for token in words], self.catalogue)
        if language == "other":
            return Judgement(language=language, reason="language", danger=danger, tokens=words)
        recognition = self.model.recogniser.recognise([[token.word for token in words]])
        policy = self.model.policy
        nothing = float(recognition.elsewhere[0].sum())
        if nothing >= policy.elsewhere and "rule" not in facts:
            kind = self.model.recogniser.outputs.elsewhere[int(recognition.elsewhere[0].argmax())]
            return Judgement(
                language=language,
                elsewhere=kind,
                reason="out-of-scope",
                confidence=nothing,
                danger=danger,
                tokens=words,
            )
        several = float(recognition.flags["several"][0])
        spans = split(cleaned, words, self.model.recogniser, several, policy.further_defect)
        defects = self._judge_defects(spans, words, recognition, facts, day)
        ruled = [defect for defect in defects if defect is not None]
        reason: Reason | None = None if len(ruled) == len(defects) else "no-rule"
        return Judgement(language=language, defects=ruled, reason=reason, danger=danger, tokens=words)

    def _judge_defects(
        self,
        spans: list[Span],
        words: list[Token],
        whole: Recognition,
        facts: Mapping[str, bool | str],
        day: date,
    ) -> list[Defect | None]:
        if len(spans) == 1:
            return [self._judge_defect(spans[0], words, whole, 0, facts, day)]
        parts = [[t for t in words if span.start <= t.start and t.end <= span.end] for span in spans]
        recognition = self.model.recogniser.recognise([[token.word for token in part] for part in parts])
        return [
            self._judge_defect(span, part, recognition, i, facts, day)
            for i, (span, part) in enumerate(zip(spans, parts, strict=True))
        ]

    def _judge_defect(
        self,
        span: Span,
        words: list[Token],
        recognition: Recognition,
        row: int,
        facts: Mapping[str, bool | str],
        day: date,
    ) -> Defect | None:
        """Judge one defect; None if the rule it falls under is not in force."""
        policy = self.model.policy
        ruling = self._ruler.rule(
            recognition.rules[row], recognition.circumstances[row], facts, day, recognition.causes(row)
        )
        if not ruling.terms or ruling.unruled > _UNRULED:
            return None
        confidence = policy.confidence(ruling.landlord)
        left_open = 0.0 if self._answers.intersection(facts) else float(recognition.flags["open"][row])
        strongest = float(recognition.rules[row].max())
        decision, reason = decide(ruling.responsible, confidence, left_open, policy, None, strongest)
        question = None
        if decision != "auto":
            question = best_question(self._ruler, ruling)
            decision, reason = decide(ruling.responsible, confidence, left_open, policy, question, strongest)
        if (when := tenancy_question(ruling)) is not None:
            decision, reason, question = "ask", "ambiguous", when
        danger = find_danger([token.word for token in words], self.catalogue)
        urgent = danger is not None or float(recognition.flags["urgent"][row]) >= policy.urgent
        return Defect(span, words, ruling, confidence, decision, reason, question, urgent, danger)

    def _put_into_words(self, text: str, j: Judgement, facts: Mapping[str, bool | str], day: date) -> Assessment:
        findings = [self._finding(text, defect, j.language) for defect in j.defects]
        first = findings[0] if findings else None
        kind = self._kinds[j.elsewhere] if j.elsewhere else None
        if kind is not None:
            letter = answer_elsewhere(kind)
        elif first is not None:
            letter = _join([finding.explanations for finding in findings])
        else:
            letter = answer_unread(j.language)
        told: list[Word] = []
        if j.elsewhere:
            told, _ = evidence(text, j.tokens, self.model.recogniser, j.elsewhere)
        elif first:
            told = [word for finding in findings for word in finding.evidence]
        dangers = [danger for danger in [j.danger, *(defect.danger for defect in j.defects)] if danger]
        advice = dangers[0].advice if dangers else next((f.urgent_advice for f in findings if f.urgent_advice), None)
        return Assessment(
            text=text,
            language=j.language,
            responsible=j.responsible,
            confidence=j.confidence if not findings else float(np.prod([f.confidence for f in findings])),
            decision=j.decision,
            reason=j.why_not_auto,
            rule=first.rule if first else None,
            basis=first.basis if first else None,
            circumstances=first.circumstances if first else [],
            question=next((f.question for f in findings if f.question), None),
            urgent=j.urgent,
            urgent_advice=advice,
            evidence=told,
            elsewhere=j.elsewhere,
            findings=findings,
            explanations=_join([advice, letter]) if advice else letter,
            receipt=self._receipt(facts, day),
        )

    def _finding(self, text: str, defect: Defect, language: str) -> Finding:
        term, ruling = defect.ruling.deciding, defect.ruling
        rule = ruling.in_force.rules[term.rule]
        words, score = evidence(text, defect.tokens, self.model.recogniser, rule.id)
        holding = self._holding(text, defect, language)
        flips = [
            FlippedBy(
                id=entry.when,
                text=self.catalogue.circumstance(entry.when).because,
                responsible=entry.responsible,
                basis=entry.basis,
            )
            for entry in reversed(ruling.in_force.exceptions[rule.id])
            if entry.basis and entry.responsible not in (None, term.responsible)
        ]
        question = defect.question
        article = self.catalogue.article(term.basis)
        return Finding(
            span=defect.span,
            responsible=ruling.responsible,
            confidence=defect.confidence,
            decision=defect.decision,
            reason=defect.reason,
            rule=CitedRule(
                id=rule.id,
                title=rule.title.in_(language),
                citation=self.catalogue.citation(term.basis, language),
                url=self.catalogue.url(term.basis),
                quote=article.quote if article else None,
                vera=rule.vera,
                departs=departure(rule, self.catalogue),
            ),
            basis=term.basis,
            circumstances=holding,
            flips=flips,
            question=QuestionAsked(
                nl=question.text.nl, en=question.text.en, fact=question.fact, answers=list(question.answers)
            )
            if question
            else None,
            urgent=defect.urgent,
            urgent_advice=(defect.danger.advice if defect.danger else rule.tip) if defect.urgent else None,
            evidence=words,
            score=score,
            explanations=answer(self.catalogue, rule, term, defect.decision, question, flips, holding),
        )

    def _holding(self, text: str, defect: Defect, language: str) -> list[Holding]:
        term = defect.ruling.deciding
        relevant = {entry.when: entry for entry in defect.ruling.in_force.exceptions[term.rule]}
        learned = set(self.model.recogniser.outputs.circumstances)
        return [
            Holding(
                id=key,
                title=self.catalogue.circumstance(key).title.in_(language),
                probability=chance,
                basis=relevant[key].basis,
                known=chance == 1.0,
                evidence=evidence(text, defect.tokens, self.model.recogniser, key)[0] if key in learned else [],
            )
            for key, chance in defect.ruling.circumstances.items()
            if key in relevant and (chance >= _HOLDS or key == term.when)
        ]

    def _receipt(self, facts: Mapping[str, bool | str], day: date) -> Receipt:
        return Receipt(
            library=__version__,
            model=self.model.manifest.version,
            model_hash=self.model.hash,
            catalogue=self.catalogue.id,
            catalogue_version=self.catalogue.version,
            catalogue_hash=self.catalogue.hash,
            date=day,
            facts=dict(facts),
        )


def load(model: str | Path | None = None, catalogue: str | Path | Catalogue | None = None) -> Triager:
    """Load a triager.

    Parameters
    ----------
    model : str or Path, optional
        A model folder; the bundled Dutch model if left out.
    catalogue : str, Path or Catalogue, optional
        A catalogue, or the YAML file of one; the model's own if left out.

    Returns
    -------
    Triager

    Raises
    ------
    ModelError
        If the model cannot be used.
    CatalogueError
        If the catalogue cannot be used.

    Examples
    --------
    >>> import triage
    >>> triage.load().catalogue.id
    'nl'
    """
    loaded = artefact.load_model(artefact.BUNDLED if model is None else model)
    if isinstance(catalogue, str | Path):
        from triage.catalogue_file import read_catalogue

        catalogue = read_catalogue(catalogue)
    return Triager(loaded, catalogue)


def _for_each(given: Any, count: int, name: str) -> list[Any] | None:
    """Return what is given for each request; None where one counts for all."""
    if given is None or isinstance(given, str | Mapping | datetime.date):
        return None
    each = list(given)
    if len(each) != count:
        raise TriageError(f"{len(each)} {name} for {count} requests; give one for all or one for each")
    return each


def _join(texts: list[Text]) -> Text:
    return Text(nl="\n\n".join(text.nl for text in texts), en="\n\n".join(text.en for text in texts))


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    text = str(value)
    return "" if value is None or text in _MISSING else text
