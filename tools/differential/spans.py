"""A model file as a tree of spans: what stands where, so that a mutant is made by replacing some bytes.

UBJSON as XGBoost writes it, and JSON. Only files that XGBoost wrote are read here, and mutants of them: of those, some fail.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

SIZES = {"i": 1, "U": 1, "I": 2, "l": 4, "L": 8, "d": 4, "D": 8}
PACKED = {"i": ">b", "U": ">B", "I": ">h", "l": ">i", "L": ">q", "d": ">f", "D": ">d"}


@dataclass
class Node:
    """A value: the bytes from `start` to `end`. `kind` is object, list, typed, text, number or word."""

    kind: str
    start: int
    end: int = 0
    marker: str = ""
    value: object = None
    key: str = ""
    key_start: int = -1
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    first: int = 0  # where a typed array's elements begin

    def get(self, *path: str | int) -> Node | None:
        node: Node | None = self
        for step in path:
            if node is None:
                return None
            if isinstance(step, int):
                node = node.children[step] if step < len(node.children) else None
            else:
                node = next((child for child in node.children if child.key == step), None)
        return node

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()

    def __len__(self) -> int:
        return (self.end - self.first) // SIZES[self.marker] if self.kind == "typed" else len(self.children)


class Ubjson:
    """A UBJSON file and how its parts are written."""

    name = "ubjson"

    def __init__(self, data: bytes):
        self.data, self.at = data, 0
        self.root = self.read(None)

    def length(self) -> int:
        marker = chr(self.data[self.at])
        size = SIZES[marker]
        (count,) = struct.unpack_from(PACKED[marker], self.data, self.at + 1)
        self.at += 1 + size
        if not 0 <= count <= len(self.data):
            raise ValueError("a count that no file has")
        return count

    def text(self) -> str:
        count = self.length()
        self.at += count
        return self.data[self.at - count : self.at].decode("utf-8", "replace")

    def read(self, parent: Node | None) -> Node:
        start = inside(self)
        marker = chr(self.data[start])
        self.at += 1
        node = Node("word", start, marker=marker, parent=parent)
        if marker == "{":
            node.kind = "object"
            while self.data[self.at : self.at + 1] != b"}":
                key_start = self.at
                key = self.text()
                child = self.read(node)
                child.key, child.key_start = key, key_start
                node.children.append(child)
            self.at += 1
        elif marker == "[":
            if self.data[self.at : self.at + 1] == b"$":
                node.kind, node.marker = "typed", chr(self.data[self.at + 1])
                self.at += 3
                count = self.length()
                node.first = self.at
                self.at += count * SIZES[node.marker]
            else:
                node.kind = "list"
                if self.data[self.at : self.at + 1] == b"#":
                    self.at += 1
                    node.children = [self.read(node) for _ in range(self.length())]
                else:
                    while self.data[self.at : self.at + 1] != b"]":
                        node.children.append(self.read(node))
                    self.at += 1
        elif marker == "S":
            node.kind, node.value = "text", self.text()
        elif marker in SIZES:
            node.kind = "number"
            (node.value,) = struct.unpack_from(PACKED[marker], self.data, self.at)
            self.at += SIZES[marker]
        node.end = self.at
        return node

    @staticmethod
    def key(name: str, width: str = "L") -> bytes:
        raw = name.encode("utf-8", "surrogateescape")
        return width.encode() + struct.pack(PACKED[width], len(raw)) + raw

    @classmethod
    def put_text(cls, value: str) -> bytes:
        return b"S" + cls.key(value)

    @staticmethod
    def put_number(value: float, marker: str = "d") -> bytes:
        return marker.encode() + packed(marker, value)

    @classmethod
    def member(cls, name: str, value: bytes) -> bytes:
        return cls.key(name) + value

    def values(self, node: Node) -> list:
        if node.kind == "typed":
            return [value for (value,) in struct.iter_unpack(PACKED[node.marker], self.data[node.first : node.end])]
        return [child.value for child in node.children]

    def put_element(self, node: Node, index: int, value) -> tuple[int, int, bytes]:
        """The edit that changes one element of an array of numbers."""
        if node.kind == "typed":
            size = SIZES[node.marker]
            at = node.first + index * size
            return at, at + size, packed(node.marker, value)
        child = node.children[index]
        return child.start, child.end, self.put_number(value, child.marker)

    def put_values(self, node: Node, values: list, marker: str = "") -> bytes:
        marker = marker or node.marker
        if node.kind == "typed" and marker in SIZES:
            body = b"".join(packed(marker, value) for value in values)
            return b"[$" + marker.encode() + b"#L" + struct.pack(">q", len(values)) + body
        element = node.children[0].marker if node.children else "l"
        return b"[#L" + struct.pack(">q", len(values)) + b"".join(self.put_number(value, element) for value in values)

    def put_list(self, elements: list[bytes]) -> bytes:
        return b"[#L" + struct.pack(">q", len(elements)) + b"".join(elements)

    def put_object(self, members: list[bytes]) -> bytes:
        return b"{" + b"".join(members) + b"}"

    def whole_member(self, node: Node) -> bytes:
        return self.data[node.key_start : node.end]


def inside(document) -> int:
    """Where the document is read, which is before its end: a mutant may have none."""
    if document.at >= len(document.data):
        raise ValueError("the file ends within a value")
    return document.at


def packed(marker: str, value) -> bytes:
    try:
        return struct.pack(PACKED[marker], value if marker in "dD" else int(value))
    except (struct.error, OverflowError, ValueError):
        size = SIZES[marker]
        return (int(value) if value == value and abs(value) < 1e300 else 0).to_bytes(64, "big", signed=True)[-size:]


class Json:
    """A JSON file likewise."""

    name = "json"

    def __init__(self, data: bytes):
        self.data, self.at = data, 0
        self.root = self.read(None)

    def text(self) -> str:
        end = self.at + 1
        while self.data[end] != 0x22:
            end += 2 if self.data[end] == 0x5C else 1
        value = self.data[self.at + 1 : end].decode()
        self.at = end + 1
        return value

    def skip(self) -> None:
        while self.data[self.at : self.at + 1] in (b" ", b"\n", b",", b":"):
            self.at += 1

    def read(self, parent: Node | None) -> Node:
        self.skip()
        start, byte = inside(self), self.data[self.at : self.at + 1]
        node = Node("word", start, parent=parent)
        if byte == b"{":
            node.kind = "object"
            self.at += 1
            self.skip()
            while self.data[self.at : self.at + 1] != b"}":
                key_start = self.at
                key = self.text()
                child = self.read(node)
                child.key, child.key_start = key, key_start
                node.children.append(child)
                self.skip()
            self.at += 1
        elif byte == b"[":
            node.kind = "list"
            self.at += 1
            self.skip()
            while self.data[self.at : self.at + 1] != b"]":
                node.children.append(self.read(node))
                self.skip()
            self.at += 1
        elif byte == b'"':
            node.kind, node.value = "text", self.text()
        else:
            while self.data[self.at : self.at + 1] not in (b",", b"}", b"]", b" ", b"\n", b""):
                self.at += 1
            word = self.data[start : self.at].decode()
            try:
                node.kind, node.value, node.marker = "number", float(word), "f" if set(word) & set(".eE") else "n"
            except ValueError:
                node.kind = "word"
            if self.at == start:
                raise ValueError("no value where one should be")
        node.end = self.at
        return node

    @staticmethod
    def key(name: str) -> bytes:
        return b'"' + name.encode("utf-8", "surrogateescape") + b'"'

    put_text = key

    @staticmethod
    def put_number(value: float, marker: str = "f") -> bytes:
        if value != value or abs(value) > 3.4028235e38:
            return b"NaN" if value != value else (b"Infinity" if value > 0 else b"-Infinity")
        if marker != "f":
            return str(int(value)).encode()
        # The shortest digits that a 32-bit float needs, as XGBoost writes them.
        with np.errstate(over="ignore"):
            digits, exponent = np.format_float_scientific(np.float32(value), trim="-").split("e")
        return f"{digits}E{int(exponent)}".encode()

    @classmethod
    def member(cls, name: str, value: bytes) -> bytes:
        return cls.key(name) + b":" + value

    def values(self, node: Node) -> list:
        return [child.value for child in node.children]

    def put_element(self, node: Node, index: int, value) -> tuple[int, int, bytes]:
        child = node.children[index]
        return child.start, child.end, self.put_number(value, child.marker)

    def put_values(self, node: Node, values: list, marker: str = "") -> bytes:
        element = marker or (node.children[0].marker if node.children else "n")
        return b"[" + b",".join(self.put_number(value, element) for value in values) + b"]"

    def put_list(self, elements: list[bytes]) -> bytes:
        return b"[" + b",".join(elements) + b"]"

    def put_object(self, members: list[bytes]) -> bytes:
        return b"{" + b",".join(members) + b"}"

    def whole_member(self, node: Node) -> bytes:
        return self.data[node.key_start : node.end]


def document(data: bytes) -> Ubjson | Json | None:
    """The file as spans; None for the legacy format, which has none."""
    if data[:1] != b"{":
        return None
    return Json(data) if data[1:2] in (b'"', b" ", b"\n") else Ubjson(data)


def apply(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """The bytes with some spans replaced; of two edits that overlap, the first one counts."""
    out, at = [], 0
    for start, end, replacement in sorted(edits, key=lambda edit: edit[:2]):
        if start < at:
            continue
        out += [data[at:start], replacement]
        at = end
    return b"".join([*out, data[at:]])
