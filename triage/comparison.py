"""The same backlog under two catalogues: what a change of policy would do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from triage.catalogue import Catalogue
from triage.facts import Facts
from triage.triager import load

__all__ = ["Comparison", "compare"]

_COMPARED = ("responsible", "rule", "basis", "decision", "confidence")


@dataclass(frozen=True)
class Comparison:
    """What two catalogues make of the same requests.

    Attributes
    ----------
    requests : DataFrame
        One row a request, in the order and with the index of the input: `responsible`, `rule`, `basis`, `decision` and
        `confidence` under each catalogue, with suffix ``_a`` and ``_b``, and `changed`.
    rules : DataFrame
        One row a rule (of the second catalogue where they differ), most changes first: `title`, `requests`,
        `landlord_a`, `landlord_b`, `to_landlord`, `to_tenant`, all counts.
    """

    requests: pd.DataFrame
    rules: pd.DataFrame

    def summary(self) -> str:
        """Say it in one line: labels that turn, and by how much the chances of one party rise.

        Where either party is about as likely, a small change turns the label of many a request; the sums do not jump.
        """
        changed = int(self.requests["changed"].sum())
        to = self.rules[["to_landlord", "to_tenant"]].sum()
        risen = self._chance("_b") - self._chance("_a")
        return (
            f"{changed} of {len(self.requests)} requests change: {to['to_landlord']} to the landlord (by probability "
            f"about {risen.clip(lower=0).sum():.0f}), {to['to_tenant']} to the tenant (about "
            f"{(-risen).clip(lower=0).sum():.0f}), {changed - int(to.sum())} otherwise"
        )

    def _chance(self, suffix: str) -> pd.Series[float]:
        """Return how likely each request is the landlord's; nothing where it is neither's, or each one's in part."""
        party, sure = self.requests[f"responsible{suffix}"], self.requests[f"confidence{suffix}"]
        return sure.where(party == "landlord", (1 - sure).where(party == "tenant"))


def compare(
    requests: Iterable[object],
    catalogue_a: str | Path | Catalogue | None,
    catalogue_b: str | Path | Catalogue | None,
    *,
    model: str | Path | None = None,
    facts: Facts | Sequence[Facts | None] | None = None,
    date: str | date | Sequence[str | date | None] | None = None,
) -> Comparison:
    """Assess the same requests under two catalogues.

    Parameters
    ----------
    requests : iterable of str, or pandas Series
    catalogue_a, catalogue_b : Catalogue, or str or Path of one
        None is the model's own.
    model : str or Path, optional
        The bundled model if left out.
    facts, date
        As for `Triager.assess_many`: the same for all, or one for each request.

    Returns
    -------
    Comparison

    Raises
    ------
    CatalogueError, ModelError, FactError, TriageError
        As for `load` and `Triager.assess_many`.

    Examples
    --------
    >>> import triage
    >>> print(triage.compare(["wc loopt door", "het dak lekt"], None, None).summary())
    0 of 2 requests change: 0 to the landlord (by probability about 0), 0 to the tenant (about 0), 0 otherwise
    """
    texts = requests if isinstance(requests, Collection) else list(requests)
    first = load(model, catalogue_a)
    second = load(first.model, catalogue_b)
    tables = [
        triager.assess_many(texts, facts=facts, date=date)[list(_COMPARED)].add_suffix(suffix)
        for triager, suffix in ((first, "_a"), (second, "_b"))
    ]
    both = pd.concat(tables, axis=1)
    both["changed"] = both["responsible_a"].fillna("") != both["responsible_b"].fillna("")
    titles = {rule.id: rule.title.nl for rule in [*first.catalogue.rules, *second.catalogue.rules]}
    return Comparison(both, _per_rule(both, titles))


def _per_rule(both: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    counted = pd.DataFrame(
        {
            "rule": both["rule_b"].fillna(both["rule_a"]),
            "requests": 1,
            "landlord_a": both["responsible_a"] == "landlord",
            "landlord_b": both["responsible_b"] == "landlord",
            "to_landlord": (both["responsible_b"] == "landlord") & (both["responsible_a"] == "tenant"),
            "to_tenant": (both["responsible_b"] == "tenant") & (both["responsible_a"] == "landlord"),
        }
    )
    rules = counted.groupby("rule").sum().astype(int)
    rules.insert(0, "title", [titles[rule] for rule in rules.index])
    moved = rules["to_landlord"] + rules["to_tenant"]
    return rules.iloc[(-moved * (len(both) + 1) - rules["requests"]).argsort(kind="stable")]
