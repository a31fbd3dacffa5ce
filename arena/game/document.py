"""Read a YAML file as plain data that remembers where everything stands.

Nothing in a file can run code: tags are refused, and so are anchors and aliases (nothing here needs them, and a dozen
of them can stand for more data than fits in memory). The parser's events are turned into data as they come, so that a
hostile file is refused at its first fault and nothing is built from what follows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from arena.errors import TurncoatError, shown

MAX_BYTES = 64_000  # the parser is plain Python: this much takes it about half a second
MAX_DEPTH = 40
Keys = tuple[str | int, ...]
Place = tuple[int, int]  # line and column, both from 1


@dataclass
class Document:
    """The data of one file and the place of every key and value in it."""

    file: str
    data: Any
    places: dict[Keys, Place] = field(default_factory=dict)  # of values
    keys: dict[Keys, Place] = field(default_factory=dict)  # of the keys of mappings

    def fail(self, path: Keys, what: str, place: Place | None = None) -> NoReturn:
        """Raise ``file:line:column: path: what``; the place is that of ``path`` unless another is given."""
        line, column = place or self.place(path)
        where = ".".join(str(part) for part in path)
        raise TurncoatError(f"{self.file}:{line}:{column}: {where + ': ' if where else ''}{what}")

    def place(self, path: Keys) -> Place:
        """Where the value at ``path`` stands, or its nearest ancestor that is there."""
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
    except (OSError, ValueError) as error:  # a ValueError where the name itself is impossible
        raise TurncoatError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
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
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    document = Document(file, None)
    try:
        _Builder(document, text).build()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise TurncoatError(f"{file}:{line}:{column}: not YAML: {error.problem or error.context}") from None
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise TurncoatError(f"{file}:{line}:{column}: not text: {error.reason}") from None
    except YAMLError as error:
        raise TurncoatError(f"{file}:1:1: not YAML: {error}") from None
    return document


def scalar(text: str) -> Any:
    """The value of a word as YAML reads it: a number, true or false, or text."""
    try:
        return parse(text, "value").data
    except TurncoatError:
        return text


class _Builder:
    """Makes the data of a document from the parser's events, noting every place."""

    def __init__(self, document: Document, text: str) -> None:
        from ruamel.yaml import YAML

        yaml = YAML(typ="safe", pure=True)
        self.document = document
        self.resolver, self.constructor = yaml.resolver, yaml.constructor
        self.events: Iterator[Any] = yaml.parse(text)

    def build(self) -> None:
        self.next()  # the start of the stream
        if self.next()[0] != "DocumentStart":
            self.document.fail((), "the file is empty")
        self.document.data = self.value((), *self.next())
        self.next()  # the end of the document
        kind, event = self.next()
        if kind != "StreamEnd":
            self.document.fail((), "a second document begins here; a file holds one", place=_place(event))

    def next(self) -> tuple[str, Any]:
        event = next(self.events)
        return type(event).__name__.removesuffix("Event"), event

    def value(self, path: Keys, kind: str, event: Any) -> Any:
        """The data that begins with an event."""
        document = self.document
        document.places[path] = _place(event)
        if len(path) > MAX_DEPTH:
            document.fail(path[:3], f"nested more than {MAX_DEPTH} deep", place=_place(event))
        if kind == "Alias" or event.anchor is not None:
            document.fail(path, "anchors and aliases (& and *) are not used here; write the value out")
        if event.tag is not None:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            document.fail(path, f"the tag {shown(tag)} is not used here; a file is data")
        if kind == "Scalar":
            return self.scalar(path, event)
        return self.sequence(path) if kind == "SequenceStart" else self.mapping(path)

    def scalar(self, path: Keys, event: Any) -> Any:
        from ruamel.yaml.nodes import ScalarNode

        kind = str(self.resolver.resolve(ScalarNode, event.value, event.implicit)).rpartition(":")[2]
        if kind not in ("int", "float", "bool", "null"):
            return event.value
        node = ScalarNode(None, event.value, event.start_mark, event.end_mark)
        try:
            return getattr(self.constructor, f"construct_yaml_{kind}")(node)
        except ValueError:
            self.document.fail(path, f"{shown(event.value)} cannot be read as a number")

    def sequence(self, path: Keys) -> list[Any]:
        items: list[Any] = []
        while (head := self.next())[0] != "SequenceEnd":
            items.append(self.value((*path, len(items)), *head))
        return items

    def mapping(self, path: Keys) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while (head := self.next())[0] != "MappingEnd":
            kind, event = head
            if kind != "Scalar" or event.anchor is not None or event.tag is not None:
                self.document.fail(path, "a key is a plain word", place=_place(event))
            key = (*path, event.value)
            if event.value in result:
                self.document.fail(key, "this key stands here twice", place=_place(event))
            self.document.keys[key] = _place(event)
            result[event.value] = self.value(key, *self.next())
        return result


def _place(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1
