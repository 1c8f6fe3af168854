# Runs one row inside the Python sandbox. Evaluated once; the value of the last line is the function the host calls.
# A row is {"setup": str, "source": str, "tests": [str]} or {"variable": str, "expression": str, "tests": [str]}.
import ast, bisect, builtins, cmath, collections, copy, functools, heapq, itertools, json, math, operator, random, re, string, sys, types, typing

for name in ("js", "pyodide_js", "_pyodide_core", "pyodide.http", "pyodide.console"):
    sys.modules.pop(name, None)
sys.meta_path[:] = [finder for finder in sys.meta_path if "Js" not in type(finder).__name__ and "Js" not in getattr(finder, "__name__", "")]


def taken_away(*_args, **_kwargs):
    raise PermissionError("JavaScript is not available here")


for module in list(sys.modules.values()):
    if getattr(module, "__name__", "").split(".")[0] in ("pyodide", "_pyodide", "pyodide_js"):
        for name in ("run_js", "create_once_callable", "create_proxy", "register_js_module", "register_js_finder", "to_js"):
            if hasattr(module, name):
                setattr(module, name, taken_away)


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
