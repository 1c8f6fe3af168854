# Values as JSON, between the interpreter that runs an answer and the one that tests it. What comes from the answer's
# side is data of known kinds and nothing else: no object of the answer, and none of its methods, reaches the tests.
#   null, true, "text", ["t", …] where t is one of the tags below
# An object that has no form as data stays where it is, and is spoken of by a handle.
exact = {type(None): None, bool: None, str: None}
sequences = {"l": list, "t": tuple, "s": set, "z": frozenset, "q": collections.deque}
views = {"keys": type({}.keys()), "values": type({}.values()), "items": type({}.items())}
iterators = (types.GeneratorType, map, filter, zip, enumerate, reversed, *(type(iter(some)) for some in ([], (), range(0), "", {}, set())))
longest = 200_000
record = functools.lru_cache(collections.namedtuple)


class Opaque(Exception):
    """A value that has no form as data."""


def known_type(value):
    """Whether it is one of Python's own types, which both sides have."""
    return isinstance(value, type) and getattr(builtins, value.__name__, None) is value


def encode(value, other, budget=None):
    """`other(value)` gives the form of what is not plain data, or raises Opaque. Subclasses are taken as their base."""
    budget = [longest] if budget is None else budget
    budget[0] -= 1
    if budget[0] < 0:
        raise Opaque("too large")
    kind = type(value)
    if kind in exact:
        if kind is str:
            budget[0] -= len(value) // 16
        return value
    if kind is bytes or kind is bytearray:
        budget[0] -= len(value) // 16
        return ["y" if kind is bytes else "Y", value.hex()]
    if isinstance(value, int):
        return ["i", hex(int.__index__(value))]
    if isinstance(value, float):
        return ["d", float.hex(float.__float__(value))]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, complex):
        return ["c", float.hex(value.real), float.hex(value.imag)]
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return ["N", kind.__name__, list(kind._fields), *(encode(item, other, budget) for item in tuple.__iter__(value))]
    for tag, base in sequences.items():
        if isinstance(value, base):
            return [tag, *(encode(item, other, budget) for item in base.__iter__(value))]
    if isinstance(value, dict):
        pairs = ([encode(key, other, budget), encode(item, other, budget)] for key, item in dict.items(value))
        if isinstance(value, collections.Counter):
            return ["C", *pairs]
        if isinstance(value, collections.OrderedDict):
            return ["O", *pairs]
        if isinstance(value, collections.defaultdict) and known_type(value.default_factory):
            return ["M", value.default_factory.__name__, *pairs]
        return ["m", *pairs]
    for name, view in views.items():
        if isinstance(value, view):
            return ["K", name, *(encode(item, other, budget) for item in value)]
    if known_type(value):
        return ["B", value.__name__]
    if kind is range:
        return ["r", hex(value.start), hex(value.stop), hex(value.step)]
    if kind is fractions.Fraction:
        return ["F", hex(value.numerator), hex(value.denominator)]
    if kind is decimal.Decimal:
        return ["D", str(value)]
    if kind is datetime.date:
        return ["T", "date", value.year, value.month, value.day]
    if kind is datetime.timedelta:
        return ["T", "timedelta", value.days, value.seconds, value.microseconds]
    if kind is datetime.datetime and value.tzinfo is None:
        return ["T", "datetime", value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond]
    return other(value)


def named_type(name):
    found = getattr(builtins, name)
    if not isinstance(found, type):
        raise ValueError(name)
    return found


def decode(form, other):
    """The value of a form; `other(form)` gives those of tags that are not data."""
    if not isinstance(form, list):
        return form
    tag, rest = form[0], form[1:]
    if tag == "i":
        return int(rest[0], 16)
    if tag == "d":
        return float.fromhex(rest[0])
    if tag == "c":
        return complex(float.fromhex(rest[0]), float.fromhex(rest[1]))
    if tag in sequences:
        return sequences[tag](decode(item, other) for item in rest)
    if tag in ("m", "C", "O", "M"):
        kind = {"m": dict, "C": collections.Counter, "O": collections.OrderedDict, "M": functools.partial(collections.defaultdict, named_type(rest.pop(0)) if tag == "M" else None)}[tag]
        return kind({decode(key, other): decode(item, other) for key, item in rest})
    if tag == "K":
        items = [decode(item, other) for item in rest[1:]]
        whole = {"keys": dict.fromkeys, "values": lambda items: dict(enumerate(items)), "items": dict}[rest[0]](items)
        return getattr(whole, rest[0])()
    if tag == "N":
        items = [decode(item, other) for item in rest[2:]]
        if any(hasattr(tuple, name) and callable(item) for name, item in zip(rest[1], items)):
            raise ValueError("a field in the place of a tuple's method")
        return record(rest[0], tuple(rest[1]))(*items)
    if tag == "B":
        return named_type(rest[0])
    if tag == "y" or tag == "Y":
        return (bytes if tag == "y" else bytearray).fromhex(rest[0])
    if tag == "r":
        return range(*(int(part, 16) for part in rest))
    if tag == "F":
        return fractions.Fraction(int(rest[0], 16), int(rest[1], 16))
    if tag == "D":
        return decimal.Decimal(rest[0])
    if tag == "T":
        return {"date": datetime.date, "timedelta": datetime.timedelta, "datetime": datetime.datetime}[rest[0]](*rest[1:])
    if tag == "I":
        return iter([decode(item, other) for item in rest])
    return other(form)
