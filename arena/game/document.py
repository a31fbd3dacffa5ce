"""Read a YAML file as plain data that remembers where everything stands.

Nothing in a file can run code: tags are refused, and so are anchors and aliases (nothing here needs them, and a dozen
of them can stand for more data than fits in memory).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from arena.errors import TurncoatError, nearest

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
Keys = tuple[str | int, ...]
T = TypeVar("T", bound=BaseModel)


@dataclass
class Document:
    """The data of one file and the place of every key and value in it."""

    file: str
    data: Any
    places: dict[Keys, tuple[int, int]] = field(default_factory=dict)  # of values; line and column from 1
    keys: dict[Keys, tuple[int, int]] = field(default_factory=dict)  # of the keys of mappings

    def fail(self, path: Keys, what: str, key: bool = False) -> NoReturn:
        """Raise ``file:line:column: path: what`` for the nearest place known on the way to ``path``."""
        line, column = self.place(path, key)
        where = ".".join(str(part) for part in path)
        raise TurncoatError(f"{self.file}:{line}:{column}: {where + ': ' if where else ''}{what}")

    def place(self, path: Keys, key: bool = False) -> tuple[int, int]:
        """Line and column of the value at ``path`` (or of its key), or of its nearest ancestor that is there."""
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))


def read(path: Path) -> Document:
    """Parse a YAML file.

    Raises:
        TurncoatError: it cannot be read, is too large, not text, not YAML, or uses tags, anchors or duplicate keys.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise TurncoatError(f"{path}: {error.strerror or error}") from None
    if len(raw) > MAX_BYTES:
        raise TurncoatError(f"{path}:1:1: the file is larger than {MAX_BYTES:,} bytes, the limit for a text like this")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        raise TurncoatError(f"{path}:{line}:{column}: not UTF-8 text") from None
    return parse(text, str(path))


def parse(text: str, file: str) -> Document:
    """The same for a text; ``file`` is the name that errors give."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    document = Document(file, None)
    try:
        yaml = YAML(typ="safe", pure=True)
        node = yaml.compose(text)
        if node is None:
            document.fail((), "the file is empty")
        document.data = _plain(document, node, (), yaml.constructor, set())
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise TurncoatError(f"{file}:{line}:{column}: not YAML: {error.problem or error.context}") from None
    except YAMLError as error:
        raise TurncoatError(f"{file}:1:1: not YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise TurncoatError(f"{file}:1:1: nested more than {MAX_DEPTH} deep") from None
    return document


def scalar(text: str) -> Any:
    """The value of a word as YAML reads it: a number, yes or no, or text."""
    try:
        return parse(text, "value").data
    except TurncoatError:
        return text


def _plain(document: Document, node: Any, path: Keys, constructor: Any, seen: set[int]) -> Any:
    """Turn a YAML node into dicts, lists and scalars, noting every place."""
    document.places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if len(path) > MAX_DEPTH:
        document.fail(path[:3], f"nested more than {MAX_DEPTH} deep")
    if id(node) in seen or node.anchor is not None:
        document.fail(path, "anchors and aliases (& and *) are not used here; write the value out")
    seen.add(id(node))
    tag = str(node.tag)
    if node.id == "scalar":
        if tag not in _SCALARS:
            document.fail(path, f"the tag {tag.replace('tag:yaml.org,2002:', '!!')} is not used here; files are data")
        try:
            return getattr(constructor, _SCALARS[tag])(node)
        except ValueError as error:
            document.fail(path, str(error))
    if tag not in ("tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"):
        document.fail(path, f"the tag {tag.replace('tag:yaml.org,2002:', '!!')} is not used here; files are data")
    if node.id == "sequence":
        return [_plain(document, item, (*path, i), constructor, seen) for i, item in enumerate(node.value)]
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if key_node.id != "scalar":
            document.fail(path, "a key must be a word")
        key = str(key_node.value)
        place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        document.keys[(*path, key)] = place
        if key in result:
            document.places[(*path, key)] = place
            document.fail((*path, key), "this key stands here twice")
        result[key] = _plain(document, value_node, (*path, key), constructor, seen)
    return result


_SCALARS = {
    "tag:yaml.org,2002:str": "construct_scalar",
    "tag:yaml.org,2002:int": "construct_yaml_int",
    "tag:yaml.org,2002:float": "construct_yaml_float",
    "tag:yaml.org,2002:bool": "construct_yaml_bool",
    "tag:yaml.org,2002:null": "construct_yaml_null",
}


def misplaced(path: Keys, what: str) -> PydanticCustomError:
    """A mistake that a validator of the whole file found at ``path``."""
    return PydanticCustomError("misplaced", "{what}", {"path": path, "what": what})


def check(document: Document, schema: type[T], notes: dict[Keys, str] | None = None) -> T:
    """The document as a ``schema``; the first mistake, by position, becomes a TurncoatError.

    ``notes`` adds words to errors at a path, such as the setting that a value came from.
    """
    try:
        return schema.model_validate(document.data)
    except ValidationError as error:
        found = []
        for detail in error.errors(include_url=False):
            path = tuple(detail.get("ctx", {}).get("path", detail["loc"]))
            found.append((document.place(path, key=detail["type"] == "extra_forbidden"), path, detail))
        _, path, detail = min(found, key=lambda item: item[0])
        what = _what(schema, path, detail)
        if notes and path in notes:
            what += f" ({notes[path]})"
        if len(found) > 1:
            what += f" (and {len(found) - 1} more)"
        document.fail(path, what, key=detail["type"] == "extra_forbidden")


def _what(schema: type[BaseModel], path: Keys, detail: ErrorDetails) -> str:
    """One of pydantic's errors in words."""
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    shown = (
        repr(value) if not isinstance(value, dict | list) else f"a {'mapping' if isinstance(value, dict) else 'list'}"
    )
    if kind == "extra_forbidden":
        return f"unknown key{nearest(str(path[-1]), _fields(schema, path[:-1]))}"
    if kind == "missing":
        return "this key is missing"
    if kind == "literal_error":
        options = [word.strip("' ") for word in str(context["expected"]).replace(" or ", ",").split(",")]
        close = nearest(str(value), options)
        return f"{shown} is not one of {', '.join(options)}" + (close if "mean" in close else "")
    if kind in ("value_error", "misplaced"):
        return str(context["error" if kind == "value_error" else "what"])
    bounds = {"greater_than_equal": "ge", "less_than_equal": "le", "greater_than": "gt", "less_than": "lt"}
    if kind in bounds:
        words = {"ge": "at least", "le": "at most", "gt": "more than", "lt": "less than"}[bounds[kind]]
        return f"{shown} must be {words} {context[bounds[kind]]}"
    return f"{detail['msg'][0].lower()}{detail['msg'][1:]}, not {shown}"


def _fields(schema: type[BaseModel], path: Keys) -> list[str]:
    """The keys that the mapping at ``path`` may have, by the schema."""
    here: Any = schema.model_json_schema()
    definitions = here.get("$defs", {})

    def resolve(node: Any) -> Any:
        while isinstance(node, dict) and ("$ref" in node or "anyOf" in node):
            if "$ref" in node:
                node = definitions[node["$ref"].rsplit("/", 1)[-1]]
            else:
                node = next((option for option in node["anyOf"] if option.get("type") != "null"), {})
        return node

    for part in path:
        here = resolve(here)
        here = here.get("items", {}) if isinstance(part, int) else here.get("properties", {}).get(part, {})
    return list(resolve(here).get("properties", {}))
