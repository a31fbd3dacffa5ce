"""The schema of a kind of file as JSON Schema, for editors that complete keys and mark mistakes while one writes.

It says a little less than ``turncoat check``, which also knows what a file means.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

DIALECT = "http://json-schema.org/draft-07/schema#"
PARAMETER = {"type": "string", "pattern": r"^\$[^\W\d]\w*$", "description": "the value of a parameter, by $name"}
WRITTEN: Mapping[str, Mapping[str, Any]] = {
    "Signal": {
        "description": "How a signal reaches the model.",
        "anyOf": [
            {"enum": ["shown", "hidden"]},
            {
                "type": "object",
                "properties": {"noisy": {"type": "number", "minimum": 0, "maximum": 1}},
                "required": ["noisy"],
                "additionalProperties": False,
            },
        ],
    }
}
"""Parts that are written otherwise than they are kept, by the name of their class."""


def json_schema(
    schema: type[BaseModel], title: str, parameters: bool = False, written: Mapping[str, Mapping[str, Any]] = {}
) -> dict[str, Any]:
    """The JSON Schema of a pydantic one.

    Args:
        schema: of the whole file.
        title: what the file is.
        parameters: whether ``$name`` may stand for any value.
        written: keys of the file, and parts by their class's name, that are written otherwise than they are kept.
    """
    raw = schema.model_json_schema()
    parts: dict[str, Any] = raw.pop("$defs", {})
    for name, text in {**WRITTEN, **written}.items():
        where = parts if name in parts else raw["properties"]
        if name in where:
            where[name] = {**{key: where[name][key] for key in ("description",) if key in where[name]}, **text}
    leave = raw["properties"].pop("parameters", None) if parameters else None
    body, parts = _tidied(raw, parameters), _tidied(parts, parameters)
    if leave is not None:
        about = "names and default values, to be changed by -S name=value; $name stands for the value"
        value = {"type": ["number", "boolean", "string"]}
        body["properties"]["parameters"] = {"type": "object", "additionalProperties": value, "description": about}
    return {"$schema": DIALECT, "title": title, **body, **({"definitions": parts} if parts else {})}


def _tidied(part: Any, parameters: bool, names: bool = False) -> Any:
    """A part without what pydantic makes up, and with ``$name`` beside every value; ``names``: its keys are names."""
    if isinstance(part, list):
        return [_tidied(item, parameters) for item in part]
    if not isinstance(part, dict):
        return part
    if names:
        return {key: _tidied(value, parameters) for key, value in part.items()}
    found = {
        key: _tidied(value, parameters, key in ("properties", "$defs"))
        for key, value in part.items()
        if not (key == "title" or (key == "default" and isinstance(value, dict | list)))
    }
    if "$ref" in found:
        found["$ref"] = found["$ref"].replace("#/$defs/", "#/definitions/")
    scalar = found.get("type") in ("number", "integer", "boolean") or "enum" in found
    if not (parameters and scalar and "const" not in found):
        return found
    about = {key: found.pop(key) for key in ("description", "default") if key in found}
    return {**about, "anyOf": [found, PARAMETER]}
