# The answer's side: runs the code of an answer and then the operations that the tests asked of it, in their order.
# It never sees a test, and what it says is only ever read as data: an answer that takes over this interpreter has
# gained nothing but the right to name its results.

# every process begins with the same memory: what the tests draw must not be drawn here
random.seed()


def compiled(row):
    """Code objects of the first source that compiles; else of the first that does without the lines around it."""
    if "expression" in row:
        # one expression and nothing else: parsed by itself before it is put behind the lambda
        ast.parse(row["expression"].strip(), mode="eval")
        return [compile("f = lambda " + row["variable"] + ": (" + row["expression"].strip() + "\n)", "<answer>", "exec")]
    wrong = None
    for parts in [lambda source: [source], without_prose]:
        for before, source in row["sources"]:
            for part in parts(source):
                try:
                    return [compile(text, "<answer>", "exec") for text in (before, part)]
                except (SyntaxError, ValueError) as error:
                    wrong = wrong or error
    raise wrong


def without_prose(source, most=60):
    """Runs of lines from one that begins code, with ever fewer lines behind."""
    lines = source.split("\n")
    starts = [number for number, line in enumerate(lines) if re.match(r"(async\s+def|def|class|import|from|@)\b|@|\w+\s*=(?!=)", line)]
    for start in starts[:3]:
        for end in range(len(lines), max(start, len(lines) - most), -1):
            yield "\n".join(lines[start:end])


class Theirs:
    """What the tests brought: names for their functions to use, and classes, whose objects go back as data."""

    def __init__(self, names):
        self.names = dict(names)
        self.sources = {}
        self.classes = {}

    def value_of(self, form, value_of):
        tag, which, *rest = form
        if tag == "w":
            for name, part in which.items():
                # a stand-in for what the answer does not define stays undefined
                if part != ["n", name]:
                    self.names[name] = decode(part, value_of)
            return decode(rest[0], value_of)
        if tag == "f":
            cells, defaults = (tuple(decode(part, value_of) for part in parts) for parts in rest[:2])
            function = types.FunctionType(marshal.loads(bytes.fromhex(which)), self.names, None, defaults, tuple(map(types.CellType, cells)))
            function.__kwdefaults__ = {name: decode(part, value_of) for name, part in rest[2].items()} or None
            return function
        if tag == "k":
            if rest and self.sources.get(which) != rest[0]:
                exec(rest[0], self.names)
                self.sources[which] = rest[0]
                self.classes[self.names[which]] = which
            return self.names[which]
        if tag == "u":
            __import__(which)
            return sys.modules[which]
        if tag == "x":
            return built(self.names[which], decode(rest[0], value_of))
        if tag == "e":
            return self.names[which][rest[0]]
        raise ValueError(tag)

    def form_of(self, value, other, within=()):
        """The form of a class of the tests or an object of one; None for any other value."""
        if isinstance(value, type):
            return ["k", self.classes[value]] if value in self.classes else None
        name = self.classes.get(type(value))
        if name is None:
            return None
        if isinstance(value, enum.Enum):
            return ["e", name, value.name]
        if any(value is one for one in within):
            raise Opaque("refers to itself")
        return ["x", name, encode(state_of(value), lambda part: self.form_of(part, other, (*within, value)) or other(part))]


def no_form(value):
    raise Opaque


def changes(args, before, theirs):
    """The forms of the arguments that the call changed, by position."""
    changed = {}
    for index, (arg, form) in enumerate(zip(args, before)):
        if type(arg) in (list, dict, set) or type(arg) in theirs.classes:
            try:
                after = encode(arg, lambda part: theirs.form_of(part, no_form) or no_form(part))
            except (Opaque, RecursionError):
                continue
            if after != (form[2] if form[0] == "w" else form):
                changed[index] = after
    return changed


# What the tests may ask of objects of the answer. No operand but a call's arguments and keys comes from the tests: what a
# test compares with stays with it.
asked = {name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "neg", "pos", "invert", "getitem", "setitem", "delitem")}
asked |= {kind.__name__: kind for kind in (abs, bool, float, format, hash, int, isinstance, len, next, repr, round, str)}
asked |= {"get": getattr, "set": setattr, "same": lambda value: value}


class Taken:
    """An iterator that tests go through, in portions; `error` is what ended it."""

    def __init__(self, whole):
        self.items = iter(whole)
        self.error = None

    def take(self, count):
        """Up to `count` items, and whether that is all. The first may take its time; the others are taken ahead."""
        taken = []
        end = time.perf_counter() + 0.05
        while self.error is None and len(taken) < count and (not taken or time.perf_counter() < end):
            try:
                taken.append(next(self.items))
            except (KeyboardInterrupt, MemoryError):
                raise
            except BaseException as error:
                self.error = error
        if not taken and not isinstance(self.error, StopIteration):
            raise self.error
        return (taken, isinstance(self.error, StopIteration))


class Printed(io.StringIO):
    """What a call prints, up to a length; `over` where it prints more."""

    over = False

    def write(self, text):
        self.over = self.over or self.tell() + len(text) > 100_000
        return len(text) if self.over else super().write(text)


async def awaited(value):
    return await value


def run_answer(payload, loads=json.loads, dumps=json.dumps):
    row = loads(payload)
    names = {"__name__": "answer", "__builtins__": builtins}
    try:
        for code in compiled(row):
            exec(code, names)
    except BaseException as error:
        return dumps({"broken": describe(type(error).__name__, str(error))})
    theirs = Theirs(names)
    made = []
    inner = []
    going = {}
    results = []

    def value_of(form):
        tag, which, *rest = form
        if tag == "o":
            return inner[which][rest[0]] if rest else made[which]
        if tag == "n":
            return names[which] if which in names else getattr(builtins, which)
        if tag == "p":
            return pickle.loads(bytes.fromhex(which))
        return theirs.value_of(form, value_of)

    for index, (kind, *rest) in enumerate(row["operations"]):
        value = None
        changed = {}
        handles = []
        printed = None

        def handle(value):
            form = theirs.form_of(value, handle)
            if form is not None:
                return form
            handles.append(value)
            return ["o", index, len(handles) - 1]

        try:
            if kind == "call":
                function, args = decode(rest[0], value_of), [decode(arg, value_of) for arg in rest[1]]
                named = {name: decode(arg, value_of) for name, arg in rest[2].items()}
                printed = Printed() if rest[3:] else None
                with contextlib.redirect_stdout(printed) if printed is not None else contextlib.nullcontext():
                    value = function(*args, **named)
                changed = changes(args, rest[1], theirs)
            elif kind == "take":
                whole, which, count = rest
                if which not in going:
                    going[which] = Taken(decode(whole, value_of))
                value = going[which].take(count)
            elif kind == "await":
                value = asyncio.run(awaited(decode(rest[0], value_of)))
            else:
                value = asked[kind](*(decode(part, value_of) for part in rest))
            try:
                form = encode(value, handle)
                result = {"opaque": True} if type(form) is list and form[0] == "o" else {"value": form}
            except (Opaque, RecursionError) as opaque:
                result = {"opaque": str(opaque) if type(opaque) is Opaque and str(opaque) else True}
        except BaseException as error:
            result = {"raised": [[kind.__name__ for kind in type(error).__mro__], str(error)[:300]]}
            if isinstance(error, (KeyboardInterrupt, MemoryError)):
                result["ends"] = True
        if changed:
            result["changed"] = changed
        if printed is not None:
            result["printed"] = None if printed.over else printed.getvalue()
        made.append(value)
        inner.append(handles)
        results.append(result)
        if "ends" in result:
            break
    return dumps({"results": results})
