"""The scikit-learn classifier of landlord against tenant that fits a recogniser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from triage.catalogue import Catalogue
from triage.fitting import Settings, Targets, fit_recogniser
from triage.message import clean_many
from triage.recogniser import Outputs, Recognition
from triage.ruling import Ruler
from triage.words import find_words

__all__ = ["TriageClassifier", "words_of"]


def words_of(texts: Iterable[str]) -> list[list[str]]:
    """Return the folded words of each message, after cleaning."""
    words = find_words(clean_many(list(texts)))
    return [words.of_text(i) for i in range(words.n_texts)]


class TriageClassifier(ClassifierMixin, BaseEstimator):
    """Classifier of repair requests: landlord or tenant, by way of the rule that decides.

    It learns to recognise rules and circumstances; who is responsible is looked up in the catalogue, so that
    `predict_proba` is a sum over rules and circumstances. The catalogue's own titles, words and examples train along,
    so that a rule without labelled requests can be reached too.

    Parameters
    ----------
    catalogue : Catalogue or None
        Whose rules are recognised and applied; the bundled one if None.
    C : float
        Inverse strength of regularisation of the rules' softmax.
    circumstance_C : float
        The same for the choice of circumstances.
    catalogue_weight : float
        Weight of each text of the catalogue against a labelled request.
    min_count : int
        Texts in which a feature must occur.
    max_features : int
        How many of the strongest features are kept after fitting.
    max_iter : int
        Iterations of the solver at most.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        ``["landlord", "tenant"]``.
    recogniser_ : Recogniser
        What was learned: arrays, fit for saving and for scoring without scikit-learn.
    catalogue_ : Catalogue
        The catalogue in use.

    Examples
    --------
    >>> from triage.estimator import TriageClassifier
    >>> texts = ["de kraan drupt", "het dak lekt", "kraan druppelt steeds", "lekkage door het dak"]
    >>> rules = ["tap.drips", "roof.leak", "tap.drips", "roof.leak"]
    >>> labels = ["tenant", "landlord", "tenant", "landlord"]
    >>> classifier = TriageClassifier(max_iter=10, catalogue_weight=0.0).fit(texts, labels, rules=rules)
    >>> classifier.predict(["druppelende kraan"]).tolist()
    ['tenant']
    """

    def __init__(
        self,
        catalogue: Catalogue | None = None,
        C: float = 30.0,
        circumstance_C: float = 10.0,
        catalogue_weight: float = 1.0,
        min_count: int = 2,
        max_features: int = 30_000,
        max_iter: int = 60,
    ) -> None:
        self.catalogue = catalogue
        self.C = C
        self.circumstance_C = circumstance_C
        self.catalogue_weight = catalogue_weight
        self.min_count = min_count
        self.max_features = max_features
        self.max_iter = max_iter

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        rules: Sequence[str | None] | None = None,
        circumstances: Sequence[Iterable[str]] | None = None,
        flags: Mapping[str, ArrayLike] | None = None,
    ) -> TriageClassifier:
        """Fit on labelled requests.

        Parameters
        ----------
        X : array-like of str, shape (n_requests,)
            Messages as they came in.
        y : array-like of {"landlord", "tenant"}, shape (n_requests,)
            Who was responsible. Not looked at where ``rules`` names a rule or a kind, since the catalogue knows.
        rules : sequence of str or None, optional
            The rule of each request, or the kind of message (see `Catalogue.elsewhere`); None where only ``y`` is
            known. Such a request is given the likeliest rule that agrees with its label.
        circumstances : sequence of iterable of str, optional
            The circumstances that hold in each request.
        flags : mapping of str to array-like of bool, optional
            Any of "several", "open", "urgent": whether a message tells of several defects, leaves the matter open, is
            urgent.

        Returns
        -------
        TriageClassifier

        Raises
        ------
        ValueError
            If lengths differ, a label is not one of the two, or a rule or circumstance is unknown.
        """
        texts = _as_texts(X)
        labels = np.asarray(y, dtype=object).ravel()
        known = list(rules) if rules is not None else [None] * len(texts)
        holding = (
            [frozenset(keys) for keys in circumstances]
            if circumstances is not None
            else [frozenset[str]()] * len(texts)
        )
        check_consistent_length(texts, labels, known, holding)
        self.catalogue_ = _catalogue_or_bundled(self.catalogue)
        self._check_names(known, holding)
        self.classes_ = np.array(["landlord", "tenant"])
        words = words_of(texts)
        targets = Targets(known, holding, {name: np.asarray(flag, dtype=bool) for name, flag in (flags or {}).items()})
        settings = self._settings()
        if None in known:
            targets = self._complete(words, labels, targets, settings)
        self.recogniser_ = fit_recogniser(words, targets, self.catalogue_, settings)
        return self

    def _settings(self) -> Settings:
        return Settings(
            C=self.C,
            circumstance_C=self.circumstance_C,
            catalogue_weight=self.catalogue_weight,
            min_count=self.min_count,
            max_features=self.max_features,
            max_iter=self.max_iter,
        )

    def _check_names(self, rules: Sequence[str | None], circumstances: Sequence[frozenset[str]]) -> None:
        names = {rule.id for rule in self.catalogue_.rules} | {kind.id for kind in self.catalogue_.elsewhere}
        keys = {circumstance.id for circumstance in self.catalogue_.circumstances}
        strange = sorted({str(rule) for rule in rules if rule is not None} - names)
        strange += sorted({key for holding in circumstances for key in holding} - keys)
        if strange:
            raise ValueError(
                f"not in catalogue {self.catalogue_.id}: {', '.join(strange[:5])}; correct the labels or the catalogue"
            )

    def _complete(self, words: list[list[str]], labels: NDArray[Any], targets: Targets, settings: Settings) -> Targets:
        """Give each request of which only the payer is known the likeliest rule that agrees."""
        unknown = [i for i, rule in enumerate(targets.exclusive) if rule is None]
        strange = sorted({str(labels[i]) for i in unknown} - {"landlord", "tenant"})
        if strange:
            raise ValueError(f"unknown label {strange[0]!r}; labels are 'landlord' and 'tenant'")
        first = fit_recogniser(words, targets, self.catalogue_, settings)
        recognition = first.recognise([words[i] for i in unknown])
        shares = self._landlord_by_rule(first.outputs, recognition)
        agreeing = np.where((labels[unknown] == "landlord")[:, None], shares, 1 - shares)
        best = (recognition.rules * agreeing).argmax(axis=1)
        exclusive = list(targets.exclusive)
        for i, rule in zip(unknown, best, strict=True):
            exclusive[i] = first.outputs.rules[rule]
        return Targets(exclusive, targets.circumstances, targets.flags)

    def _landlord_by_rule(self, outputs: Outputs, recognition: Recognition) -> NDArray[np.float64]:
        """Return P(landlord | rule) for each request and rule."""
        ruler = Ruler(self.catalogue_, outputs.rules, outputs.circumstances)
        told = (recognition.rules, recognition.circumstances)
        by_rule = [
            ruler.rule(*told, {"rule": rule}, date.today(), recognition.causes).landlord for rule in outputs.rules
        ]
        return np.column_stack(by_rule)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of landlord and of tenant.

        Parameters
        ----------
        X : array-like of str, shape (n_requests,)

        Returns
        -------
        ndarray of shape (n_requests, 2)
            In the order of ``classes_``.
        """
        check_is_fitted(self)
        outputs = self.recogniser_.outputs
        ruler = Ruler(self.catalogue_, outputs.rules, outputs.circumstances)
        recognition = self.recogniser_.recognise(words_of(_as_texts(X)))
        rulings = ruler.rule(recognition.rules, recognition.circumstances, {}, date.today(), recognition.causes)
        landlord = rulings.landlord
        return np.column_stack([landlord, 1 - landlord])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the likelier party for each request.

        Parameters
        ----------
        X : array-like of str, shape (n_requests,)

        Returns
        -------
        ndarray of str, shape (n_requests,)
        """
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])

    def __sklearn_tags__(self) -> Any:
        """Say that this estimator takes texts, not numbers."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        return tags


def _as_texts(X: ArrayLike) -> list[str]:
    texts = np.asarray(X, dtype=object)
    if texts.ndim != 1:
        raise ValueError(f"expected a one-dimensional array of texts, got {texts.ndim} dimensions; pass one column")
    strange = next((x for x in texts if not isinstance(x, str)), None)
    if strange is not None:
        raise ValueError(f"expected texts, got {type(strange).__name__}; convert the column with .astype(str)")
    return list(texts)


def _catalogue_or_bundled(catalogue: Catalogue | None) -> Catalogue:
    if catalogue is not None:
        return catalogue
    from triage.catalogue_file import BUNDLED, read_catalogue

    return read_catalogue(BUNDLED)
