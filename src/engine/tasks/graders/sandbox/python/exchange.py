# Values as JSON, between the interpreter that runs an answer and the one that tests it. What comes from the answer's
# side is data of known kinds and nothing else: no object of the answer, and none of its methods, reaches the tests.
#   null, true, "text", ["t", …] where t is one of the tags below
exact = {type(None): None, bool: None, str: None}
sequences = {"l": list, "t": tuple, "s": set, "z": frozenset, "q": collections.deque}
longest = 200_000


class Opaque(Exception):
    """A value that has no form as data."""


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
            value.encode()  # half a surrogate pair has no form as text
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
    for tag, base in sequences.items():
        if isinstance(value, base):
            return [tag, *(encode(item, other, budget) for item in base.__iter__(value))]
    if isinstance(value, dict):
        return ["m", *([encode(key, other, budget), encode(item, other, budget)] for key, item in dict.items(value))]
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
    if kind in (types.GeneratorType, map, filter, zip, enumerate, reversed, type(iter([])), type(iter(())), type(iter(range(0))), type(iter(""))) or isinstance(value, (type({}.keys()), type({}.values()), type({}.items()))):
        return ["I", *(encode(item, other, budget) for item in itertools.islice(value, longest))]
    return other(value)


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
    if tag == "m":
        return {decode(key, other): decode(item, other) for key, item in rest}
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
