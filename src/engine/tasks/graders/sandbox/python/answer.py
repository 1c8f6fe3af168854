# The answer's side: runs the code of an answer and then the operations that the tests asked of it, in their order.
# It never sees a test, and what it says is only ever read as data: an answer that takes over this interpreter has
# gained nothing but the right to name its results.


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


def no_form(value):
    raise Opaque


def changes(args, before):
    """The forms of the arguments that the call changed, by position."""
    changed = {}
    for index, (arg, form) in enumerate(zip(args, before)):
        if type(arg) in (list, dict, set):
            try:
                after = encode(arg, no_form)
            except Opaque:
                continue
            if after != form:
                changed[index] = after
    return changed


def run_answer(payload, loads=json.loads, dumps=json.dumps):
    row = loads(payload)
    names = {"__name__": "answer", "__builtins__": builtins}
    try:
        for code in compiled(row):
            exec(code, names)
    except BaseException as error:
        return dumps({"broken": describe(type(error).__name__, str(error))})
    made = []
    results = []

    def value_of(form):
        tag, which = form
        if tag == "o":
            return made[which]
        if tag == "n":
            return names[which] if which in names else getattr(builtins, which)
        if tag == "f":
            return types.FunctionType(marshal.loads(bytes.fromhex(which)), names)
        if tag == "p":
            return pickle.loads(bytes.fromhex(which))
        raise ValueError(tag)

    for operation in row["operations"]:
        kind, target, *rest = operation
        value = None
        changed = {}
        try:
            on = decode(target, value_of)
            if kind == "get":
                value = getattr(on, rest[0])
            elif kind == "set":
                setattr(on, rest[0], decode(rest[1], value_of))
            elif kind == "item":
                value = on[decode(rest[0], value_of)]
            else:
                args = [decode(arg, value_of) for arg in rest[0]]
                value = on(*args, **{name: decode(arg, value_of) for name, arg in rest[1].items()})
                changed = changes(args, rest[0])
            try:
                result = {"value": encode(value, no_form)}
            except Opaque:
                result = {"opaque": True}
        except BaseException as error:
            result = {"raised": [type(error).__name__, str(error)[:300]]}
            if isinstance(error, (KeyboardInterrupt, MemoryError)):
                result["ends"] = True
        if changed:
            result["changed"] = changed
        made.append(value)
        results.append(result)
        if "ends" in result:
            break
    return dumps({"results": results})
