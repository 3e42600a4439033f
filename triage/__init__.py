"""Who repairs what in a rented home: landlord or tenant, and why.

>>> import triage
>>> triager = triage.load()
>>> triager.assess("wc loopt door").responsible
'tenant'
"""

from typing import TYPE_CHECKING, Any

from triage._version import __version__
from triage.assessment import Assessment
from triage.catalogue import Catalogue
from triage.errors import CatalogueError, FactError, ModelError, TriageError
from triage.triager import Triager, load

if TYPE_CHECKING:
    from triage.comparison import Comparison, compare

__all__ = [
    "Assessment",
    "Catalogue",
    "CatalogueError",
    "Comparison",
    "FactError",
    "ModelError",
    "TriageError",
    "Triager",
    "__version__",
    "compare",
    "load",
]


def __getattr__(name: str) -> Any:
    """Import what needs pandas only when it is asked for."""
    if name in ("Comparison", "compare"):
        from triage import comparison

        return getattr(comparison, name)
    raise AttributeError(f"module 'triage' has no attribute {name!r}")
