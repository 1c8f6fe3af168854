# The tests' side: runs a row's tests on stand-ins for the answer's functions. An operation whose result is not known
# yet stays pending, and the tests go on as far as they can; the host then asks the answer's side, and the tests run
# again. When nothing is pending any more the tests run as they are written, and what they say is the verdict.


# operations asked in one round
most_asked = 20_000


class Need(Exception):
    """A test looked at a result that is pending."""


class Ended(BaseException):
    """The answer's side ran out of time or memory, or left."""


class Session:
    def __init__(self, known):
        self.known = known
        self.errors = {}
        # exceptions that the tests catch by name
        self.caught = set()
        # sources of the classes that the tests define, and whether the tests look at what is printed
        self.classes = {}
        self.listens = False
        self.begin({})

    def begin(self, space):
        """The tests run from their beginning, in `space`."""
        self.space = space
        self.operations = []
        self.follows = True
        self.pending = False
        self.walks = 0

    def ask(self, operation, given=()):
        """The result of an operation: a value, a stand-in for an object, or one that is pending."""
        index = len(self.operations)
        if self.pending and index >= most_asked:
            raise Need
        self.operations.append(operation)
        self.follows = self.follows and index < len(self.known) and self.known[index][0] == operation
        if not self.follows:
            self.pending = True
            return Remote(self, ["o", index], True)
        result = self.known[index][1]
        for which, form in result.get("changed", {}).items():
            put_back(given[int(which)], self.read(form))
        if "printed" in result:
            if result["printed"] is None:
                raise Unjudged("the code prints too much")
            print(result["printed"], end="")
        if "raised" in result:
            kinds, text = result["raised"]
            if "ends" in result or "SystemExit" in kinds:
                raise Ended(kinds[0], text)
            raise self.like(operation[0], kinds, text)
        if "opaque" in result:
            return Remote(self, ["o", index], False, result["opaque"] == "too large")
        return self.read(result["value"])

    def settled(self, operation):
        """The result of an operation that the test cannot go on without."""
        value = self.ask(operation)
        if type(value) is Remote and object.__getattribute__(value, "_pending"):
            raise Need
        return value

    def read(self, form):
        """The value of what the answer's side sent: data, with stand-ins for the objects in it."""
        return decode(form, self.stand_in)

    def stand_in(self, form):
        if len(form) == 3 and form[0] == "o":
            return Remote(self, form, False)
        kind = self.space.get(form[1]) if form[0] in ("k", "x", "e") and form[1] in self.classes else None
        if not isinstance(kind, type) or kind.__module__ != "tests":
            raise ValueError("the answer's side sent what is no data")
        if form[0] == "k":
            return kind
        if form[0] == "e":
            return kind[form[2]]
        state = self.read(form[2])
        # an object of the tests keeps the methods that the tests gave it
        if any(name.startswith("__") or callable(getattr(kind, name, None)) for name in state):
            raise ValueError("the answer replaced a method of the tests")
        return built(kind, state)

    def like(self, asked, kinds, text):
        """
        An exception of the tests' side for one of the answer's. An AssertionError of the answer is none of the tests', and
        its StopIteration ends no loop of theirs, but where they go through an iterator of the answer or wait for one.
        """
        own = [self.errors[kind] for kind in kinds if kind in self.errors]
        found = (getattr(builtins, kind, None) for kind in kinds)
        base = next((kind for kind in found if isinstance(kind, type) and issubclass(kind, Exception)), RuntimeError)
        if base in (AssertionError, Exception) or (issubclass(base, StopIteration) and asked != "next" and "StopIteration" not in self.caught):
            base = RuntimeError
        if own:
            base = type(kinds[0], (*own, base), {})
        try:
            raised = base(text)
        except TypeError:
            raised = RuntimeError(text)
        raised.kind = kinds[0]
        return raised


def put_back(before, after):
    """What the answer changed in an argument, done to the tests' own."""
    if type(before) is list and type(after) is list:
        before[:] = after
    elif type(before) in (dict, set) and type(after) is type(before):
        before.clear()
        before.update(after)
    elif type(before).__module__ == "tests" and type(after) is type(before):
        set_state(before, state_of(after))


def handed(value, session):
    """The form of an argument on its way to the answer's side, with what of the tests' names it uses."""
    given = {}
    seen = set()
    within = []

    def bring(names, space):
        for name in sorted(names):
            if name in space and name not in seen and not name.startswith("__"):
                seen.add(name)
                try:
                    form = encode(space[name], other)
                except (Unjudged, Opaque):
                    continue  # said where it is used: there is no such name
                if form != ["k", name]:
                    given[name] = form

    def brought(kind):
        """The name of a class of the tests, which goes along."""
        name = kind.__name__
        source = session.classes.get(name)
        if source is None or session.space.get(name) is not kind:
            raise Unjudged("the test hands over an object of its class %s, which is not at its top" % name)
        if kind not in seen:
            seen.add(kind)
            bring(names_in(compile(source, "<class>", "exec")), session.space)
            given[name] = ["k", name, source]
        return name

    def other(value):
        if isinstance(value, Remote):
            return object.__getattribute__(value, "_form")
        if isinstance(value, types.FunctionType) and value.__globals__.get("__name__") == "tests":
            bring(names_in(value.__code__), value.__globals__)
            cells, defaults = ([encode(part, other) for part in parts] for parts in ((cell.cell_contents for cell in value.__closure__ or ()), value.__defaults__ or ()))
            return ["f", marshal.dumps(value.__code__).hex(), cells, defaults, {name: encode(part, other) for name, part in (value.__kwdefaults__ or {}).items()}]
        if isinstance(value, type) and value.__module__ == "tests":
            return ["k", brought(value)]
        if isinstance(value, types.ModuleType):
            return ["u", value.__name__]
        if type(value).__module__ == "tests":
            name = brought(type(value))
            if isinstance(value, enum.Enum):
                return ["e", name, value.name]
            if any(value is one for one in within):
                raise Unjudged("the test hands over an object that refers to itself")
            try:
                object.__new__(type(value))
            except TypeError:
                raise Unjudged("the test hands over an object of its class %s, which is more than its attributes" % name) from None
            within.append(value)
            form = ["x", name, encode(state_of(value), other)]
            within.pop()
            return form
        if isinstance(value, (*iterators, Items)):
            return ["I", *(encode(item, other) for item in itertools.islice(value, longest))]
        if getattr(builtins, getattr(value, "__name__", ""), None) is value:
            return ["n", value.__name__]
        try:
            return ["p", pickle.dumps(value).hex()]
        except Exception:
            raise Unjudged("the test hands over an object of the type %s" % type(value).__name__) from None

    try:
        form = encode(value, other)
    except (Opaque, RecursionError):
        raise Unjudged("the test hands over a value that is too large") from None
    return ["w", given, form] if given else form


class Remote:
    """Stands for an object on the answer's side. Looked at while it is pending, it stops the test."""

    def __init__(self, session, form, pending, large=False):
        for name, value in (("_session", session), ("_form", form), ("_pending", pending), ("_large", large)):
            object.__setattr__(self, name, value)

    def _ask(self, kind, *rest, given=()):
        return object.__getattribute__(self, "_session").ask([kind, object.__getattribute__(self, "_form"), *rest], given)

    def _settled(self, kind, *rest):
        if object.__getattribute__(self, "_pending"):
            raise Need
        return object.__getattribute__(self, "_session").settled([kind, object.__getattribute__(self, "_form"), *rest])

    def _hand(self, value):
        return handed(value, object.__getattribute__(self, "_session"))

    def __call__(self, *args, **kwargs):
        hand = object.__getattribute__(self, "_hand")
        listens = [True] if object.__getattribute__(self, "_session").listens else []
        return object.__getattribute__(self, "_ask")("call", [hand(arg) for arg in args], {name: hand(arg) for name, arg in kwargs.items()}, *listens, given=args)

    def __getattribute__(self, name):
        if name == "__class__":
            return Remote
        if name in ("__signature__", "__wrapped__", "__code__"):
            raise Unjudged("the test looks at how a function is written")
        if name.startswith("__") and name.endswith("__"):
            return object.__getattribute__(self, name)
        return object.__getattribute__(self, "_ask")("get", name)

    def __setattr__(self, name, value):
        object.__getattribute__(self, "_ask")("set", name, object.__getattribute__(self, "_hand")(value))

    def __getitem__(self, key):
        return object.__getattribute__(self, "_ask")("getitem", object.__getattribute__(self, "_hand")(key))

    def __setitem__(self, key, value):
        object.__getattribute__(self, "_ask")("setitem", *map(object.__getattribute__(self, "_hand"), (key, value)))

    def __delitem__(self, key):
        object.__getattribute__(self, "_ask")("delitem", object.__getattribute__(self, "_hand")(key))

    def __next__(self):
        return object.__getattribute__(self, "_ask")("next")

    def __iter__(self):
        if object.__getattribute__(self, "_pending"):
            raise Need
        return Items(object.__getattribute__(self, "_session"), object.__getattribute__(self, "_form"))

    def __await__(self):
        return object.__getattribute__(self, "_ask")("await")
        yield

    def __instancecheck__(self, value):
        return type(value) is Remote and object.__getattribute__(value, "_settled")("isinstance", object.__getattribute__(self, "_form"))


class Items:
    """Goes through an object of the answer's side, in portions that grow."""

    def __init__(self, session, form):
        self.session, self.form, self.which = session, form, session.walks
        self.ready, self.ended, self.portion = collections.deque(), False, 16
        session.walks += 1

    def __iter__(self):
        return self

    def __next__(self):
        while not self.ready and not self.ended:
            items, self.ended = self.session.settled(["take", self.form, self.which, self.portion])
            self.ready.extend(items)
            self.portion = min(8 * self.portion, 32_768)
        if not self.ready:
            raise StopIteration
        return self.ready.popleft()


def binary(kind, swapped=False):
    """
    Between objects of the answer, its side says what comes of it. With a value of the tests, nothing is asked: an answer
    must not learn what it is compared with.
    """

    def method(self, other):
        ask = object.__getattribute__(self, "_settled")
        if type(other) is Remote:
            if object.__getattribute__(other, "_pending"):
                raise Need
            return ask(kind, object.__getattribute__(other, "_form"))
        if object.__getattribute__(self, "_pending"):
            raise Need
        if object.__getattribute__(self, "_form")[0] == "n":
            value = ask("same")
            if type(value) is not Remote:
                return getattr(operator, kind)(*((other, value) if swapped else (value, other)))
        if object.__getattribute__(self, "_large"):
            raise Unjudged("the code gives a value that is too large")
        if kind in ("eq", "ne"):
            return kind == "ne"
        raise TypeError("the answer gave an object of its own where the test wants a value")

    return method


def unary(kind, result=object):
    def method(self, *args):
        value = object.__getattribute__(self, "_settled")(kind, *args)
        if not isinstance(value, result):
            raise TypeError("the answer gave an object of its own where the test wants a value")
        return value

    return method


for name in ("eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor"):
    setattr(Remote, "__" + name.strip("_") + "__", binary(name))
for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and_", "or_", "xor"):
    setattr(Remote, "__r" + name.strip("_") + "__", binary(name, swapped=True))
for name, result in (("neg", object), ("pos", object), ("invert", object), ("abs", object), ("round", object), ("bool", bool), ("len", int), ("int", int), ("float", float), ("hash", int), ("str", str), ("repr", str), ("format", str)):
    setattr(Remote, "__" + name + "__", unary(name, result))


class EveryAssert(ast.NodeTransformer):
    """An assertion that cannot be decided yet does not keep the next from asking its questions."""

    def visit_Assert(self, node):
        handler = ast.ExceptHandler(type=ast.Name("Exception", ast.Load()), name=None, body=[ast.Pass()])
        return ast.Try(body=[node], handlers=[handler], orelse=[], finalbody=[])


def stand_ins(session, row, trees):
    """What the tests name and do not define: the answer's functions, and modules of the library."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    called = [node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    opened = {node.value.id for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)}
    bare = {node.id for node in nodes if isinstance(node, ast.Name)} - {node.value.id for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)}
    # what the tests catch must be a class here
    caught = {node.id for handler in nodes if isinstance(handler, ast.ExceptHandler) and handler.type for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    session.caught = caught
    session.classes = {node.name: ast.unparse(node) for node in [*nodes, *ast.walk(ast.parse(row["given"]))] if isinstance(node, ast.ClassDef)}
    session.listens = any("stdout" in (node.id if isinstance(node, ast.Name) else node.attr) for node in nodes if isinstance(node, (ast.Name, ast.Attribute)))
    session.errors = {name: type(name, (Exception,), {}) for name in caught if not hasattr(builtins, name)}
    names = dict(session.errors)
    for name in used - caught:
        if name in opened and name not in bare and name not in called and name in sys.stdlib_module_names:
            names[name] = __import__(name)
        elif not hasattr(builtins, name):
            names[name] = Remote(session, ["n", name], False)
    # a function that is called like one of Python's own is the answer's where the tests call nothing else
    if called and not any(name in names for name in called):
        names[called[0]] = Remote(session, ["n", called[0]], False)
    if row["given"]:
        own = {"__name__": "tests", "__builtins__": builtins}
        exec(compile(row["given"], "<given>", "exec"), own)
        names.update({name: value for name, value in own.items() if name != row["entry"] and not name.startswith("__")})
    return names


def run_tests(payload):
    """Either the operations whose results the tests ask for, or whether they pass, and why."""
    row = json.loads(payload)
    session = Session(row["known"])
    tests = [("test %d of %d" % (number, len(row["tests"])), test) for number, test in enumerate(row["tests"], 1)]
    step, text = "the setup of the tests", ""
    try:
        trees = [ast.parse(row["setup"]), *(ast.parse(test) for _, test in tests)]
        names = {"__name__": "tests", "__builtins__": builtins, **stand_ins(session, row, trees)}
        steps = [(step, row["setup"]), *tests]
        chance = random.getstate()
        asking = dict(names)
        session.begin(asking)
        for (step, text), tree in zip(steps, trees):
            try:
                exec(compile(ast.fix_missing_locations(EveryAssert().visit(copy.deepcopy(tree))), "<test>", "exec"), asking)
            except Exception:
                pass
        if not session.pending:
            random.setstate(chance)
            session.begin(names)
            for (step, text), tree in zip(steps, trees):
                exec(compile(tree, "<test>", "exec"), names)
        if session.pending:
            return json.dumps({"asks": session.operations})
    except AssertionError:
        line = text.strip() if "\n" not in text.strip() else ""
        return json.dumps({"passed": False, "reason": (step + " fails" + (": " + line if line else ""))[:300]})
    except Ended as ended:
        return json.dumps({"passed": False, "reason": step + ": " + describe(*ended.args)})
    except Need:
        return json.dumps({"asks": session.operations})
    except Unjudged as unjudged:
        return json.dumps({"passed": False, "reason": (step + " cannot be judged: " + str(unjudged))[:300]})
    except ModuleNotFoundError as error:
        if not hasattr(error, "kind"):
            return json.dumps({"passed": False, "reason": (step + " cannot be judged: there is no module " + str(error.name))[:300]})
        return json.dumps({"passed": False, "reason": (step + ": " + describe(error.kind, str(error)))[:300]})
    except BaseException as error:
        return json.dumps({"passed": False, "reason": (step + ": " + describe(getattr(error, "kind", type(error).__name__), str(error)))[:300]})
    return json.dumps({"passed": True, "reason": "passes its tests" if len(tests) == 1 else "passes all %d tests" % len(tests)})
