# Runs one row inside the Python sandbox. Evaluated once; the value of the last line is the function the host calls.
# A row is {"setup": str, "source": str, "tests": [str]} or {"variable": str, "expression": str, "tests": [str]}.
import ast, bisect, builtins, cmath, collections, copy, functools, heapq, itertools, json, math, operator, random, re, string, sys, types, typing

for name in ("js", "pyodide_js", "_pyodide_core", "pyodide.http", "pyodide.console"):
    sys.modules.pop(name, None)


def taken_away(*_args, **_kwargs):
    raise PermissionError("JavaScript is not available here")


def close_doors():
    """Takes every reference to a JavaScript object, and every function that makes one, out of Python's reach."""
    import gc, _pyodide_core

    sys.meta_path[:] = [finder for finder in sys.meta_path if "Js" not in type(finder).__name__]
    found = gc.get_objects()
    attributes = [instance.__dict__ for instance in found if type(instance).__name__ in ("JsLoader", "JsFinder")]
    for holder in [*attributes, *(some for some in found if isinstance(some, (dict, list)))]:
        items = list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder))
        for key, value in items:
            if "JsProxy" in [kind.__name__ for kind in type(value).__mro__]:
                holder[key] = None
    modules = [module for name, module in list(sys.modules.items()) if "pyodide" in name and isinstance(module, types.ModuleType)]
    for module in [_pyodide_core, *modules]:
        for name in list(vars(module)):
            if name in ("run_js", "can_run_sync", "run_sync", "to_js", "register_js_module", "register_js_finder") or name.startswith(("create_", "new_", "destroy_")):
                setattr(module, name, taken_away)
    # the module stays imported in its emptied form: the interpreter would build the full one again
    sys.modules["_pyodide_core"] = _pyodide_core
    gc.collect()


close_doors()


def describe(error):
    kind = type(error).__name__
    if isinstance(error, KeyboardInterrupt):
        return "took too long"
    if isinstance(error, SystemExit):
        return "the code ends the program"
    if isinstance(error, MemoryError):
        return "used too much memory"
    text = str(error).splitlines()
    return (kind + ": " + text[0])[:200] if text else kind


def run(payload, loads=json.loads, dumps=json.dumps, exec=exec, compile=compile, describe=describe, AssertionError=AssertionError, BaseException=BaseException):
    row = loads(payload)
    tests = row["tests"]
    names = {"__name__": "answer", "__builtins__": builtins}
    step = "the code"
    try:
        if "variable" in row:
            # one expression and nothing else: parsed by itself before it is put behind the lambda
            ast.parse(row["expression"].strip(), mode="eval")
            exec(compile("f = lambda " + row["variable"] + ": (" + row["expression"].strip() + "\n)", "<answer>", "exec"), names)
        else:
            exec(compile(row["source"], "<answer>", "exec"), names)
            step = "the setup of the tests"
            exec(compile(row["setup"], "<setup>", "exec"), names)
        for number, test in enumerate(tests, 1):
            step = "test %d of %d" % (number, len(tests))
            exec(compile(test, "<test>", "exec"), names)
    except AssertionError as error:
        line = test.strip() if step.startswith("test") and "\n" not in test.strip() else ""
        return dumps({"passed": False, "reason": (step + " fails" + (": " + line if line else ""))[:300]})
    except BaseException as error:
        return dumps({"passed": False, "reason": (step + ": " + describe(error))[:300]})
    return dumps({"passed": True, "reason": "passes its tests" if len(tests) == 1 else "passes all %d tests" % len(tests)})


run
