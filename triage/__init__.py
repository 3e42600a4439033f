"""Who repairs what in a rented home: landlord or tenant, and why.

>>> import triage
>>> triager = triage.load()
>>> triager.assess("wc loopt door").responsible
'tenant'
"""

from triage._version import __version__
from triage.assessment import Assessment
from triage.catalogue import Catalogue
from triage.errors import CatalogueError, FactError, ModelError, TriageError
from triage.triager import Triager, load

__all__ = [
    "Assessment",
    "Catalogue",
    "CatalogueError",
    "FactError",
    "ModelError",
    "TriageError",
    "Triager",
    "__version__",
    "load",
]
