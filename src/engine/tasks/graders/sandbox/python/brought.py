# What a test hands to the answer beside data: functions and classes that the tests define, objects of such classes, and
# what of the tests' own names these use, and nothing else of the tests. Objects of such classes come back as data too.
#   ["w", {name: form, …}, form]  a value, and the names that it uses, each behind those that it uses itself
#   ["f", code, cells, defaults, keyword defaults]   ["k", name, source] a class   ["u", name] a module
#   ["x", class, state]   ["e", class, name] a member of an enumeration


class Unjudged(BaseException):
    """The tests ask for what cannot be carried between the two sides; no fault of the answer."""


def state_of(value):
    """The attributes of an object, in its dictionary or its slots."""
    slots = [name for kind in type(value).__mro__ for name in ([kind.__dict__["__slots__"]] if isinstance(kind.__dict__.get("__slots__"), str) else kind.__dict__.get("__slots__", ()))]
    return {**{name: getattr(value, name) for name in slots if name != "__dict__" and hasattr(value, name)}, **getattr(value, "__dict__", {})}


def set_state(value, state):
    for name in state_of(value):
        object.__delattr__(value, name)
    for name, part in state.items():
        object.__setattr__(value, name, part)


def built(kind, state):
    value = object.__new__(kind)
    set_state(value, state)
    return value


def names_in(code):
    """Names that code looks up outside itself, its inner functions' too."""
    looked_up = (each.argval for each in dis.get_instructions(code) if each.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"))
    return {*looked_up, *(name for inner in code.co_consts if isinstance(inner, types.CodeType) for name in names_in(inner))}
