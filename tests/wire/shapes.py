"""Values held against the shapes of botocore's service models: more strictly than botocore itself, which leaves out
enums, patterns, upper bounds and unknown members of answers."""

import datetime
import json
from functools import lru_cache

import regex
from botocore.loaders import Loader
from botocore.model import ServiceModel

# Patterns of the models that no engine here reads; their strings are held against the rest of their shape.
UNREADABLE: set[str] = set()


@lru_cache
def service(name: str) -> ServiceModel:
    """A service's model, as botocore brings it."""
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


@lru_cache
def _pattern(text: str):
    try:
        # Services anchor their patterns, whether or not the model says so.
        return regex.compile(text)
    except regex.error:
        UNREADABLE.add(text)
        return None


class Walk:
    """One value on its way through its shape. `problems` says what does not fit, with where."""

    def __init__(self, timestamps: type):
        self.timestamps = timestamps
        self.problems: list[str] = []

    def no(self, where: str, what: str):
        self.problems.append(f"{where or '(all of it)'}: {what}")

    def value(self, shape, value, where: str = ""):
        """Holds a value against its shape, member by member."""
        kind = shape.type_name
        handler = getattr(self, f"_{kind}", None)
        if handler is None:
            return self.no(where, f"a {kind} is not checked here")
        handler(shape, value, where)

    def _is(self, shape, value, kinds, where) -> bool:
        if isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds):
            return True
        self.no(where, f"{short(value)} is no {shape.type_name} ({shape.name})")
        return False

    def _range(self, shape, number, where, what=""):
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and number < low:
            self.no(where, f"{number}{what} is less than {low} ({shape.name})")
        if high is not None and number > high:
            self.no(where, f"{number}{what} is more than {high} ({shape.name})")

    def _structure(self, shape, value, where):
        if not self._is(shape, value, (dict,), where):
            return
        for name in shape.required_members:
            if value.get(name) is None:
                self.no(where, f"{name} is missing ({shape.name})")
        if getattr(shape, "is_tagged_union", False) and len(value) != 1:
            self.no(where, f"a union with {len(value)} members ({shape.name})")
        for name, inner in value.items():
            if name not in shape.members:
                self.no(where, f"{name} is no member of {shape.name}")
            elif inner is None:
                self.no(f"{where}.{name}".strip("."), "null, not absent")
            else:
                self.value(shape.members[name], inner, f"{where}.{name}".strip("."))

    def _list(self, shape, value, where):
        if self._is(shape, value, (list,), where):
            self._range(shape, len(value), where, " entries")
            for inner in value:
                self.value(shape.member, inner, f"{where}[]")

    def _map(self, shape, value, where):
        if self._is(shape, value, (dict,), where):
            self._range(shape, len(value), where, " entries")
            for name, inner in value.items():
                self.value(shape.key, name, f"{where}{{name}}")
                self.value(shape.value, inner, f"{where}{{}}")

    def _string(self, shape, value, where):
        if not self._is(shape, value, (str,), where):
            return
        self._range(shape, len(value), where, " characters")
        if shape.enum and value not in shape.enum:
            self.no(where, f"{short(value)} is none of {shape.name}")
        pattern = shape.metadata.get("pattern")
        compiled = pattern and _pattern(pattern)
        if compiled and not compiled.fullmatch(value):
            self.no(where, f"{short(value)} is not {pattern} ({shape.name})")

    def _integer(self, shape, value, where):
        if self._is(shape, value, (int,), where):
            self._range(shape, value, where)

    def _float(self, shape, value, where):
        if self._is(shape, value, (int, float), where):
            self._range(shape, value, where)

    def _boolean(self, shape, value, where):
        self._is(shape, value, (bool,), where)

    def _blob(self, shape, value, where):
        if self._is(shape, value, (bytes,), where):
            self._range(shape, len(value), where, " bytes")

    def _timestamp(self, shape, value, where):
        if not isinstance(value, self.timestamps) or isinstance(value, bool):
            self.no(where, f"{short(value)} is no time as this protocol writes it ({shape.name})")

    _long = _integer
    _double = _float
    _character = _string


# How a decoder hands over times: JSON keeps its numbers, every other one makes datetimes of what it could read.
NUMBERS = (int, float)
DATETIMES = datetime.datetime


def short(value) -> str:
    """A value as a message shows it."""
    text = json.dumps(value, default=str, ensure_ascii=False) if not isinstance(value, bytes) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
