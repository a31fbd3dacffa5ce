"""Scalars as TensorBoard reads them, written without it: an event file is a list of framed protocol buffers.

The frame is that of TensorFlow's records: length, its check, the event, its check, the checks being masked CRC-32C.
Source: tensorflow/core/lib/io/record_writer.h and tensorflow/core/util/event.proto.
"""

import struct
from collections.abc import Mapping, Sequence
from functools import cache

VERSION = b"brain.Event:2"


def event_file(points: Sequence[tuple[int, Mapping[str, float]]]) -> bytes:
    """An event file with a value of every tag at every step ``(step, {tag: value})``; NaN is left out.

    The steps stand in for the time of day too, in seconds, so that the same training makes the same file.
    """
    head = _field(1, 1, struct.pack("<d", 0.0)) + _bytes(3, VERSION)
    known = [(step, tuple((tag, v) for tag, v in values.items() if v == v)) for step, values in points]
    return _framed(head) + b"".join(_event(step, values) for step, values in known)


@cache
def _event(step: int, values: tuple[tuple[str, float], ...]) -> bytes:
    """One event: wall_time = 1, step = 2, summary = 5; in it value = 1, with tag = 1 and simple_value = 2.

    Kept, as a curve that grows is written again from its beginning.
    """
    scalars = (_bytes(1, tag.encode()) + _field(2, 5, struct.pack("<f", value)) for tag, value in values)
    summary = b"".join(_bytes(1, scalar) for scalar in scalars)
    return _framed(_field(1, 1, struct.pack("<d", float(step))) + _field(2, 0, _varint(step)) + _bytes(5, summary))


def _field(number: int, kind: int, content: bytes) -> bytes:
    return _varint(number << 3 | kind) + content


def _bytes(number: int, content: bytes) -> bytes:
    return _field(number, 2, _varint(len(content)) + content)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _framed(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + _check(length) + content + _check(content)


def _check(content: bytes) -> bytes:
    crc = crc32c(content)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def crc32c(content: bytes) -> int:
    """The cyclic redundancy check of Castagnoli, as in RFC 3720."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = _table()[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    """CRC-32C by bytes; the polynomial of Castagnoli, bits reversed."""
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return tuple(table)
