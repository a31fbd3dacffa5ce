"""Hold a document against a pydantic schema; what is wrong with it is said in one line, at its place in the file."""

from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from arena.errors import nearest, shown
from arena.game.document import Document, Keys, Place

T = TypeVar("T", bound=BaseModel)
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
    "greater_than": ("more than", "gt"),
    "less_than": ("less than", "lt"),
}
_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
}


class Origin(NamedTuple):
    """Where a value came from that does not stand in the file at its own path."""

    words: str
    place: Place


def misplaced(path: Keys, what: str) -> PydanticCustomError:
    """A mistake that a validator of the whole file found at ``path``; to be raised."""
    return PydanticCustomError("misplaced", "{what}", {"path": path, "what": what})


def check(document: Document, schema: type[T], origins: Mapping[Keys, Origin] | None = None) -> T:
    """The document as a ``schema``; the first mistake, by its place, becomes a TurncoatError.

    ``origins`` says of values that were put in for a parameter where they are to be mended.
    """
    try:
        return schema.model_validate(document.data)
    except ValidationError as error:
        _fail(document, schema, error.errors(include_url=False), origins or {})


def _fail(
    document: Document, schema: type[BaseModel], details: list[ErrorDetails], origins: Mapping[Keys, Origin]
) -> NoReturn:
    found = []
    misnamed = {detail["loc"][:-1] for detail in details if detail["type"] == "extra_forbidden"}
    for detail in details:
        path: Keys = tuple(detail.get("ctx", {}).get("path", detail["loc"]))
        if detail["type"] == "missing" and path[:-1] in misnamed:
            continue  # most likely it is there, by the wrong name
        origin = origins.get(path)
        place = origin.place if origin else document.place(path)
        if detail["type"] == "extra_forbidden":
            place = document.keys.get(path, place)
        found.append((place, path, detail, f" ({origin.words})" if origin else ""))
    place, path, detail, words = min(found, key=lambda item: item[0])
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    document.fail(path, in_words(schema, path, detail) + words + more, place=place)


def in_words(schema: type[BaseModel], path: Keys, detail: ErrorDetails) -> str:
    """One of pydantic's errors in words."""
    kind, context, value = detail["type"], detail.get("ctx", {}), shown(detail["input"])
    if kind == "extra_forbidden":
        return f"unknown key{nearest(path[-1], _fields(schema, path[:-1]))}"
    if kind == "missing":
        return "this key is missing"
    if kind == "literal_error":
        options = [word.strip("' ") for word in str(context["expected"]).replace(" or ", ",").split(",")]
        close = nearest(detail["input"], options)
        return f"{value} is not one of {', '.join(options)}" + (close if "mean" in close else "")
    if kind in ("value_error", "misplaced"):
        return str(context["error" if kind == "value_error" else "what"])
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"{value} must be {words} {context[bound]:g}"
    if kind in ("too_short", "string_too_short"):
        return "must not be empty"
    if kind in _KINDS:
        return f"must be {_KINDS[kind]}, not {value}"
    return f"{detail['msg'][0].lower()}{detail['msg'][1:]}, not {value}"


def _fields(schema: type[BaseModel], path: Keys) -> list[str]:
    """The keys that the mapping at ``path`` may have."""
    part: type[BaseModel] | None = schema
    for key in path:
        if part is not None and isinstance(key, str):
            part = _part(part.model_fields[key].annotation)
    return list(part.model_fields) if part else []


def _part(annotation: Any) -> type[BaseModel] | None:
    """The part of the file that an annotation speaks of: a schema, perhaps one of a list, or optional."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _part(inner))), None)
