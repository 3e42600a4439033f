"""The scikit-learn classifier of landlord against tenant that fits a recogniser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from numbers import Integral, Real
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from triage.catalogue import Catalogue, Party
from triage.fitting import FLAGS, Settings, Targets, fit_recogniser
from triage.message import clean_many
from triage.recogniser import MOST_HIDDEN
from triage.ruling import Ruler
from triage.values import is_missing
from triage.words import find_words

__all__ = ["TriageClassifier", "words_of"]

_PARTIES: tuple[Party, ...] = get_args(Party)
"""In the order of the alphabet, in which scikit-learn numbers labels."""

_LIMITS: dict[str, tuple[type, float, float | None, str]] = {
    "hidden": (Integral, 1, MOST_HIDDEN, "both"),
    "epochs": (Integral, 1, None, "left"),
    "least_steps": (Integral, 0, None, "left"),
    "batch_size": (Integral, 1, None, "left"),
    "learning_rate": (Real, 0, None, "neither"),
    "dropout": (Real, 0, 1, "left"),
    "feature_dropout": (Real, 0, 1, "left"),
    "label_weight": (Real, 0, None, "left"),
    "agreement": (Real, 0, None, "left"),
    "min_count": (Integral, 1, None, "left"),
    "max_features": (Integral, 1, None, "left"),
    "mixes": (Integral, 0, None, "left"),
    "random_state": (Integral, 0, None, "left"),
}
"""Type, least and most of each parameter that is a number, and which of these two it may be."""
_KINDS = {"catalogue": (Catalogue, type(None)), "learn_catalogue": (bool, np.bool_)}
"""Types of the others."""


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
    hidden : int
        Hidden units, shared by all that is recognised.
    epochs : int
        Times that each text is shown; more often where texts are few.
    least_steps : int
        Steps that even few texts are given in each half of the fitting, before the strongest features are kept and
        after: fewer are quicker, and learn less.
    batch_size : int
        Texts a step.
    learning_rate : float
        Largest step size.
    dropout : float
        Share of hidden units that a text is shown without: what keeps it from learning by heart.
    feature_dropout : float
        Share of its features that a text is shown without.
    label_weight : float
        What the label counts for beside rule and circumstances.
    agreement : float
        What it counts for that a text gets the same rule when it is shown twice, without different features and units.
    learn_catalogue : bool
        Whether the texts of the catalogue train along.
    min_count : int
        Texts in which a feature must occur.
    max_features : int
        How many of the strongest features are kept after fitting.
    mixes : int
        Messages that each phrase about a circumstance in the catalogue is mixed in with.
    random_state : int
        Seed; the same one gives the same model.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        ``["landlord", "tenant"]``, or ``[0, 1]`` if it was fitted on these numbers of theirs.
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
    >>> classifier = TriageClassifier(learn_catalogue=False, min_count=1).fit(texts, labels, rules=rules)
    >>> classifier.predict(["druppelende kraan", "water door het dak"]).tolist()
    ['tenant', 'landlord']
    """

    def __init__(
        self,
        catalogue: Catalogue | None = None,
        hidden: int = Settings.hidden,
        epochs: int = Settings.epochs,
        least_steps: int = Settings.least_steps,
        batch_size: int = Settings.batch_size,
        learning_rate: float = Settings.learning_rate,
        dropout: float = Settings.dropout,
        feature_dropout: float = Settings.feature_dropout,
        label_weight: float = Settings.label_weight,
        agreement: float = Settings.agreement,
        learn_catalogue: bool = Settings.learn_catalogue,
        min_count: int = Settings.min_count,
        max_features: int = Settings.max_features,
        mixes: int = Settings.mixes,
        random_state: int = Settings.random_state,
    ) -> None:
        self.catalogue = catalogue
        self.hidden = hidden
        self.epochs = epochs
        self.least_steps = least_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.feature_dropout = feature_dropout
        self.label_weight = label_weight
        self.agreement = agreement
        self.learn_catalogue = learn_catalogue
        self.min_count = min_count
        self.max_features = max_features
        self.mixes = mixes
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        rules: Sequence[str | None] | None = None,
        circumstances: Sequence[Iterable[str] | None] | None = None,
        flags: Mapping[str, ArrayLike] | None = None,
    ) -> TriageClassifier:
        """Fit on labelled requests.

        Parameters
        ----------
        X : array-like of str, shape (n_requests,)
            Messages as they came in.
        y : array-like of {"landlord", "tenant"}, shape (n_requests,)
            Who was responsible; or 0 for the landlord and 1 for the tenant, as scikit-learn's `VotingClassifier`,
            `StackingClassifier` and `cross_val_predict` number these labels before they fit. Not looked at where rule
            and circumstances are known, since the catalogue tells.
        rules : sequence of str or None, optional
            The rule of each request, or the kind of message (see `Catalogue.elsewhere`); None where only ``y`` is
            known. Such a request teaches what makes its label likely, whatever its rule.
        circumstances : sequence of (iterable of str) or None, optional
            The circumstances that hold in each request; None where they are not known, so that ``y`` is all that
            teaches them, as if left out.
        flags : mapping of str to array-like of bool, optional
            Any of "several", "open", "urgent": whether a message tells of several defects, leaves the matter open, is
            urgent.

        Returns
        -------
        TriageClassifier

        Raises
        ------
        ValueError, TypeError
            If a parameter is out of range or of another type.
        ValueError
            If there are no requests, lengths differ, a label is not one of the two, or a rule, circumstance or flag is
            unknown.
        """
        for name, (type_, least, most, ends) in _LIMITS.items():
            check_scalar(getattr(self, name), name, type_, min_val=least, max_val=most, include_boundaries=ends)
        for name, types in _KINDS.items():
            check_scalar(getattr(self, name), name, types)
        texts = _as_texts(X)
        labels = np.asarray(y, dtype=object).ravel()
        known = [None] * len(texts) if rules is None else [None if is_missing(rule) else rule for rule in rules]
        holding = [None] * len(texts) if circumstances is None else _as_holding(circumstances)
        told = {name: _as_booleans(name, flag) for name, flag in (flags or {}).items()}
        check_consistent_length(texts, labels, known, holding, *told.values())
        if not texts:
            raise ValueError("no requests to learn from; pass at least one of each label")
        self.catalogue_ = _catalogue_or_bundled(self.catalogue)
        self._check_names(known, holding, told)
        self.classes_, parties = _as_parties(labels)
        settings = Settings(**{f.name: getattr(self, f.name) for f in fields(Settings) if hasattr(self, f.name)})
        self.recogniser_ = fit_recogniser(
            words_of(texts), Targets(known, holding, told, parties), self.catalogue_, settings
        )
        return self

    def _check_names(
        self, rules: Sequence[str | None], circumstances: Sequence[frozenset[str] | None], flags: Iterable[str]
    ) -> None:
        if unknown := sorted(set(flags) - set(FLAGS)):
            raise ValueError(f"unknown flag {unknown[0]!r}; flags are {', '.join(FLAGS)}")
        names = {rule.id for rule in self.catalogue_.rules} | {kind.id for kind in self.catalogue_.elsewhere}
        keys = {circumstance.id for circumstance in self.catalogue_.circumstances}
        strange = sorted({str(rule) for rule in rules if rule is not None} - names)
        strange += sorted({key for holding in circumstances for key in holding or ()} - keys)
        if strange:
            raise ValueError(
                f"not in catalogue {self.catalogue_.id}: {', '.join(strange[:5])}; correct the labels or the catalogue"
            )

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of landlord and of tenant, by the rules in force today.

        Parameters
        ----------
        X : array-like of str, shape (n_requests,)

        Returns
        -------
        ndarray of shape (n_requests, 2)
            In the order of ``classes_``.

        Raises
        ------
        ValueError
            If no rule that was learned is in force today: nobody can say then who is responsible.
        """
        check_is_fitted(self)
        outputs = self.recogniser_.outputs
        ruler = Ruler(self.catalogue_, outputs.rules, outputs.circumstances)
        found = self.recogniser_.recognise(words_of(_as_texts(X)))
        rulings = ruler.rule(found.rules, found.circumstances, {}, date.today())
        if not rulings.weights.any(axis=1).all():
            raise ValueError(
                f"no rule that was learned is in force today in catalogue {self.catalogue_.id}; correct its periods, "
                "or fit with one that is in force"
            )
        return np.column_stack([rulings.landlord, 1 - rulings.landlord])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the likelier party for each request, by the rules in force today.

        Parameters
        ----------
        X : array-like of str, shape (n_requests,)

        Returns
        -------
        ndarray of shape (n_requests,)
            Of ``classes_``.

        Raises
        ------
        ValueError
            As for `predict_proba`.
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
    strange = [x for x in texts if not isinstance(x, str)]
    if any(is_missing(x) for x in strange):
        raise ValueError("a text is missing; drop such requests, or put an empty text there with .fillna('')")
    if strange:
        raise ValueError(f"expected texts, got {type(strange[0]).__name__}; convert the column with .astype(str)")
    return list(texts)


def _as_parties(labels: NDArray[Any]) -> tuple[NDArray[Any], list[Party]]:
    """Read labels: the classes that they are of, and the party that each stands for."""
    numbered = all(isinstance(label, Integral) and not isinstance(label, bool) for label in labels)
    classes = np.arange(len(_PARTIES)) if numbered else np.array(_PARTIES)
    place = dict(zip(classes.tolist(), _PARTIES, strict=True))
    strange = sorted({str(label) for label in labels if label not in place})
    if strange:
        raise ValueError(f"unknown label {strange[0]!r}; labels are 'landlord' and 'tenant', or 0 and 1 for these")
    return classes, [place[label] for label in labels]


def _as_holding(circumstances: Sequence[Iterable[str] | None]) -> list[frozenset[str] | None]:
    if any(isinstance(keys, str) for keys in circumstances):
        raise ValueError("circumstances hold a text; pass a list of circumstances for each request, if of one alone")
    return [None if keys is None or is_missing(keys) else frozenset(keys) for keys in circumstances]


def _as_booleans(name: str, flag: ArrayLike) -> NDArray[np.bool_]:
    values = np.asarray(flag, dtype=object).ravel()
    strange = [value for value in values if not isinstance(value, bool | np.bool_)]
    if strange:
        raise ValueError(f"flag {name!r} holds {strange[0]!r}; write True or False for each request")
    return values.astype(bool)


def _catalogue_or_bundled(catalogue: Catalogue | None) -> Catalogue:
    if catalogue is not None:
        return catalogue
    from triage.catalogue_file import read_catalogue

    return read_catalogue("nl")
