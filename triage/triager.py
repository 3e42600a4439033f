"""The triager: from a message to an assessment."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from triage import artefact
from triage.adoption import adopt
from triage.assessment import Assessment
from triage.catalogue import Catalogue
from triage.errors import CatalogueError, TriageError
from triage.facts import Facts, Settler
from triage.judging import Judge
from triage.telling import Teller
from triage.values import read_date, text_of, whole_characters

if TYPE_CHECKING:
    import pandas as pd

    from triage.batch import Unusable

__all__ = ["Triager", "load"]

log = logging.getLogger(__name__)


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
        self.catalogue = model.catalogue if catalogue is None else catalogue
        _check_fit(model, self.catalogue)
        self.model = model
        taught = replace(model, recogniser=adopt(model.recogniser, self.catalogue))
        self._settler = Settler(self.catalogue)
        self._judge = Judge(taught.recogniser, model.policy, self.catalogue)
        self._teller = Teller(taught, self.catalogue)

    def __repr__(self) -> str:
        return f"Triager(model={self.model.manifest.version!r}, catalogue={self.catalogue.id!r})"

    def assess(self, text: object, facts: Facts | None = None, date: str | date | None = None) -> Assessment:
        """Assess one request. Never raises for any text.

        Parameters
        ----------
        text : str
            The message as it came in; anything else is read as text, and None as empty.
        facts : mapping of str to bool or str, optional
            What is known: a circumstance or its opposite (``{"reachable": False}``), the rule
            (``{"rule": "tap.drips"}``), or ``tenancy_start``; ``"unknown"`` where whoever was asked does not know. With
            the number of a finding in front (``2.rule``) it is known of that one alone.
        date : str or date, optional
            Judge by the rules of this day; today if left out.

        Returns
        -------
        Assessment

        Raises
        ------
        FactError
            If a fact is not one that the catalogue knows, has a value it cannot take, or contradicts another.
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
        settled = self._settler.settle(facts)
        [message] = whole_characters([text_of(text)])
        try:
            docket = next(self._judge.judge_safely([message], settled, day))
            return self._teller.tell(message, docket, settled, day)
        except Exception as error:
            log.warning("a request could not be judged or put into words: %s", type(error).__name__)
            return self._teller.tell(message, self._judge.failed(message), settled, day)

    def check_known(self, facts: Facts | None = None, date: str | date | None = None) -> None:
        """Tell whether what is known of a request can be used.

        Parameters
        ----------
        facts, date
            As for `assess`.

        Raises
        ------
        FactError, TriageError
            If not; it says why.
        """
        read_date(date)
        self._settler.settle(facts)

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
            One message each, read as by `assess`.
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
        if per not in ("request", "finding"):
            raise TriageError(f"per={per!r}; use 'request' or 'finding'")
        from triage.batch import warn

        requests, findings, unusable = self.assess_rows(texts, facts, date, per)
        warn(unusable)
        return requests if per == "request" else findings

    def assess_rows(
        self,
        texts: Iterable[object],
        facts: Facts | Sequence[Facts | None] | None = None,
        date: str | date | Sequence[str | date | None] | None = None,
        per: Literal["request", "finding"] = "request",
        broken: Container[int] = (),
    ) -> tuple[pd.DataFrame, pd.DataFrame, dict[int, Unusable]]:
        """Assess many requests and return both one row a request and one row of the grain asked for.

        Parameters
        ----------
        texts, facts, date, per
            As for `assess_many`.
        broken : container of int
            Places of rows that could not be read; they get reason "error".

        Returns
        -------
        requests, rows : DataFrame
            The same one twice if that is the grain.
        unusable : dict of int to Unusable
            Places of requests whose facts or day cannot be used, and why; they get reason "error".
        """
        import pandas as pd

        from triage.batch import frame, judge_many

        if isinstance(texts, str | bytes | Mapping | pd.DataFrame):
            raise TriageError(f"texts are a list or column of messages, not {type(texts).__name__}; see also assess")
        messages = whole_characters([text if type(text) is str else text_of(text) for text in texts])
        index = texts.index if isinstance(texts, pd.Series) else pd.RangeIndex(len(messages))
        judged = list(judge_many(self._judge, self._settler, messages, facts, date, broken))
        unusable = {place: why for _, _, failed in judged for place, why in failed.items()}
        requests = frame(judged, index, "request")
        return requests, requests if per == "request" else frame(judged, index, per), unusable


def load(model: str | Path | artefact.Model | None = None, catalogue: str | Path | Catalogue | None = None) -> Triager:
    """Load a triager.

    Parameters
    ----------
    model : str, Path or Model, optional
        A model folder, or a model that was loaded; the bundled Dutch model if left out.
    catalogue : str, Path or Catalogue, optional
        A catalogue, the file of one, or ``"nl"`` for the bundled one; the model's own if left out.

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
    loaded = (
        model
        if isinstance(model, artefact.Model)
        else artefact.load_model(artefact.BUNDLED if model is None else model)
    )
    if catalogue is not None and not isinstance(catalogue, Catalogue):
        from triage.catalogue_file import read_catalogue

        catalogue = read_catalogue(catalogue)
    return Triager(loaded, catalogue)


def _check_fit(model: artefact.Model, catalogue: Catalogue) -> None:
    """Refuse a catalogue that lacks what the model recognises besides rules: what falls under those would be lost."""
    outputs = model.recogniser.outputs
    known = {c.id for c in catalogue.circumstances} | {kind.id for kind in catalogue.elsewhere}
    lacking = [name for name in [*outputs.circumstances, *outputs.elsewhere] if name not in known]
    if lacking:
        raise CatalogueError(
            [
                f"{catalogue.id} lacks {', '.join(lacking)}, which model {model.manifest.version} recognises; add them "
                "(circumstances, elsewhere), or fit a model with this catalogue"
            ]
        )
