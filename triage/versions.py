"""One rule may have a version for each of several periods: which of them another period meets, and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from triage.catalogue import Period, Rule

__all__ = ["later_first", "met", "overlap", "period_of"]

P = TypeVar("P", bound="Period")


def period_of(part: Period) -> tuple[date | None, ...]:
    """Return what tells one version of a rule from another; its last day does not."""
    return part.valid_from, part.tenancy_from, part.tenancy_until


def overlap(one: Period, other: Period) -> dict[str, date | None] | None:
    """Return the fields of the period in which both hold, for the tenancies that both bind; None if there is none."""
    found: dict[str, date | None] = {}
    for first, last in (("valid_from", "valid_until"), ("tenancy_from", "tenancy_until")):
        start = max(filter(None, (getattr(one, first), getattr(other, first))), default=None)
        end = min(filter(None, (getattr(one, last), getattr(other, last))), default=None)
        if start and end and end < start:
            return None
        found |= {first: start, last: end}
    return found


def later_first(parts: Iterable[P]) -> list[P]:
    """Put first what counts where several do: what began last, and then what binds only some tenancies."""
    return sorted(parts, key=_rank, reverse=True)


def _rank(part: Period) -> tuple[date, bool, date]:
    bound = part.tenancy_from is not None or part.tenancy_until is not None
    return part.valid_from or date.min, bound, part.tenancy_from or date.min


def met(period: Period, versions: Iterable[Rule]) -> Iterator[Rule]:
    """Cut the versions that count within a period to it; what counts where several do comes first."""
    for version in later_first(versions):
        common = overlap(version, period)
        if common is None:
            continue
        yield version.model_copy(update=common)
        if not version.is_tenancy_bound and (version.valid_from or date.min) <= (period.valid_from or date.min):
            return  # what began before this one has given way to it
