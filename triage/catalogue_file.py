"""Reading a catalogue from YAML, with the line of every problem; one that extends another is laid over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from triage.catalogue import Catalogue
from triage.consistency import InconsistentError, Place
from triage.errors import CatalogueError
from triage.overlay import Overlay, lay_over

__all__ = ["BUNDLED", "read_catalogue"]

BUNDLED = Path(__file__).parent / "catalogues" / "nl.yaml"
_NAME = "nl"
"""What the bundled catalogue is called in the place of a path."""


def read_catalogue(path: str | Path) -> Catalogue:
    """Read and check a catalogue.

    Parameters
    ----------
    path : str or Path
        A file in YAML or JSON, UTF-8; ``"nl"`` for the bundled catalogue.

    Returns
    -------
    Catalogue

    Raises
    ------
    CatalogueError
        If the file cannot be read or is wrong; it lists every problem with file and line.
    """
    try:
        file = Path(path)
    except TypeError as error:
        raise CatalogueError([f"a catalogue is given by the path of its file, not as {type(path).__name__}"]) from error
    return _bundled() if str(file) == _NAME else _read(file, ())


@cache
def _bundled() -> Catalogue:
    from triage.artefact import kept_catalogue

    return kept_catalogue(BUNDLED) or _read(BUNDLED, ())


def _read(path: Path, above: tuple[Path, ...]) -> Catalogue:
    if path.suffix == ".json":
        # As kept by `model_dump_json`, read twenty times as fast; of anything wrong the other way tells the line.
        with suppress(OSError, ValidationError, InconsistentError):
            return Catalogue.model_validate_json(path.read_bytes())
    tree = _parse(path)
    try:
        if "articles" in tree or "extends" not in tree:  # a whole catalogue may tell what it was laid over
            return Catalogue.model_validate(tree)
        overlay = Overlay.model_validate(tree)
        return lay_over(overlay, _base(path, tree, overlay.extends, above))
    except ValidationError as error:
        problems = [problem for detail in error.errors() for problem in _describe(path, tree, dict(detail))]
        raise CatalogueError(problems) from error
    except InconsistentError as error:
        raise CatalogueError(
            [f"{path}:{_line(tree, place)}: {message}" for place, message in error.problems]
        ) from error


def _base(path: Path, tree: Any, name: str, above: tuple[Path, ...]) -> Catalogue:
    """Read the catalogue that another extends."""
    if name == _NAME:
        return _bundled()
    target = path.parent / name
    where = f"{path}:{_line(tree, ('extends',))}: extends {name}"
    if not target.exists():
        raise CatalogueError([f"{where}: neither nl nor a file seen from {path.parent}; correct the path"])
    if target.resolve() in (path.resolve(), *above):
        raise CatalogueError([f"{where}: the catalogues extend each other in a circle; let the first extend nl"])
    return _read(target, (*above, path.resolve()))


def _parse(path: Path) -> Any:
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CatalogueError([f"{path}: cannot be read ({error.strerror}); check the path"]) from error
    except UnicodeDecodeError as error:
        raise CatalogueError([f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8"]) from error
    except ValueError as error:
        raise CatalogueError([f"{str(path)!r}: not a path ({error}); correct it"]) from error
    try:
        tree = _yaml().load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CatalogueError(
            [f"{path}:{line}: not valid YAML: {error.problem}; mend the line or the one above"]
        ) from error
    except YAMLError as error:
        raise CatalogueError([f"{path}: not valid YAML: {str(error).splitlines()[0]}"]) from error
    except RecursionError as error:
        raise CatalogueError([f"{path}: brackets or lists nested too deep; take them apart"]) from error
    if not isinstance(tree, Mapping):
        raise CatalogueError([f"{path}:1: a catalogue is a mapping that starts with schema_version, id and version"])
    return tree


def _yaml() -> Any:
    """Make a reader that leaves days as they are written, and tells the line of a value that cannot be read."""
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor

    class Constructor(RoundTripConstructor):
        def construct_object(self, node: Any, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep)
            except (ValueError, KeyError, AttributeError) as error:
                what = f"{str(node.value)[:40]!r} cannot be read"
                raise ConstructorError(problem=what, problem_mark=node.start_mark) from error

    Constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)
    yaml = YAML(typ="rt")
    yaml.Constructor = Constructor
    return yaml


def _describe(path: Path, tree: Any, detail: Mapping[str, Any]) -> list[str]:
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, InconsistentError):
        return [f"{path}:{_line(tree, place)}: {message}" for place, message in cause.problems]
    place: Place = detail["loc"]
    where = f"{path}:{_line(tree, place)}"
    rule = _rule_at(tree, place)
    field = ".".join(str(part) for part in (place[2:] if rule else place))
    subject = f"rule {rule}: {field}" if rule else field
    return [f"{where}: {subject}: {_remedy(detail)}"]


def _remedy(detail: Mapping[str, Any]) -> str:
    kind, message = detail["type"], str(detail["msg"])
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        return "is not a known field; check the spelling or remove it"
    if kind == "string_pattern_mismatch":
        return f"{detail['input']!r} does not have the form {detail['ctx']['pattern']}"
    if kind.startswith("date_"):
        return f"{str(detail['input'])[:60]!r} is no day; write it as 2026-03-01"
    if kind == "literal_error":
        return f"{detail['input']!r} must be {detail['ctx']['expected']}"
    return f"{message[0].lower()}{message[1:]} (found {str(detail['input'])[:60]!r})"


def _rule_at(tree: Any, place: Place) -> str | None:
    if len(place) < 2 or place[0] != "rules" or not isinstance(place[1], int):
        return None
    rule = tree["rules"][place[1]]
    return str(rule.get("id", f"number {place[1] + 1}")) if isinstance(rule, Mapping) else f"number {place[1] + 1}"


def _line(tree: Any, place: Place) -> int:
    """Find the line of a place, or of the nearest part around it that exists."""
    line = 1
    node: Any = tree
    for part in place:
        try:
            position = node.lc.item(part) if isinstance(part, int) else node.lc.key(part)
            line, node = position[0] + 1, node[part]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
        if not isinstance(node, Mapping | Sequence) or isinstance(node, str):
            break
    return line
