# Evaluated once, before any code from outside: takes every way to JavaScript out of Python's reach.

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


def sleep(seconds):
    """Waits awake: a row's time is processor time, and waiting counts."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


class Loop(asyncio.BaseEventLoop):
    """An event loop in which nothing comes from outside: there are tasks and times to wait for."""

    def __init__(self):
        super().__init__()
        self._selector = self

    def select(self, timeout):
        if timeout is None:
            raise RuntimeError("the event loop waits for what never comes")
        sleep(timeout)
        return []

    def _process_events(self, _events):
        pass

    def _write_to_self(self):
        pass


class LoopPolicy(asyncio.events._BaseDefaultEventLoopPolicy):
    _loop_factory = Loop

    def get_event_loop(self):
        if self._local._loop is None:
            self.set_event_loop(self.new_event_loop())
        return self._local._loop


# Pyodide's own would wait for JavaScript
time.sleep = sleep
asyncio.run = sys.modules["pyodide.webloop"]._orig_run
asyncio._set_running_loop(None)
asyncio.events._set_event_loop_policy(LoopPolicy())


def describe(kind, text):
    """An exception in a few words."""
    if kind == "KeyboardInterrupt":
        return "took too long"
    if kind == "SystemExit":
        return "the code ends the program"
    if kind == "MemoryError":
        return "used too much memory"
    lines = text.splitlines()
    return (kind + ": " + lines[0])[:200] if lines else kind
