# mypy: ignore-errors
# ruff: noqa
# fmt: off
"""Runs a script in TensorFlow 1.15 and counts how often each thing that it runs changes a variable.

``python oracle.py OUT.json FOLDER SCRIPT``, called as ``probe.py`` is; nothing of bnlint is asked. All
variables are read before and after each of the first runs of each set of fetches, through the
session's own ``run``. The result is a list of all that was run, in the order of its first time:
``graph`` is a number, in the order in which graphs were first run, ``fetches`` are names, ``count``
is how often it was run with success, ``looked`` how often with looking, ``changed`` how often each
variable had another value afterwards. ``weights`` are the trainable variables of each graph.

It judges nothing. It must be read by Python 3.7.
"""

import atexit
import json
import os
import runpy
import sys
import threading

MOST_LOOKS = 12


class Here(threading.local):
    busy = False


here = Here()
lock = threading.RLock()
graphs, runs, by_key = [], [], {}


def number(graph):
    for n, known in enumerate(graphs):
        if known is graph:
            return n
    graphs.append(graph)
    return len(graphs) - 1


def variables(graph):
    found = {}
    for key in ("variables", "trainable_variables", "local_variables"):
        for variable in graph.get_collection(key):
            found[variable.op.name] = variable
    return found


def values(session):
    """Of all variables that have a value, a copy of it by name."""
    found = {}
    for name, variable in variables(session.graph).items():
        for tensor in (name + "/read:0", name + "/Read/ReadVariableOp:0"):
            try:
                found[name] = session.graph.get_tensor_by_name(tensor)
                break
            except (KeyError, ValueError):
                pass
    busy = [(o, getattr(o, "busy", False)) for o in watchers()]
    for one, _ in busy:
        one.busy = True
    try:
        try:
            return inner_run(session, found) if found else {}
        except Exception:
            pass
        out = {}
        for name, tensor in found.items():
            try:
                out[name] = inner_run(session, tensor)
            except Exception:
                pass
        return out
    finally:
        for one, was in busy:
            one.busy = was


def watchers():
    """What must not take the reading for the script's own doing."""
    return [here] + [o for o in [base._do_run.__globals__.get("here")] if o is not None]


def differ(a, b):
    return bool(((a != b) & ~((a != a) & (b != b))).any())


def names(fetches):
    if isinstance(fetches, dict):
        fetches = list(fetches.values())
    if isinstance(fetches, (list, tuple)):
        return sorted(set(name for one in fetches for name in names(one)))
    return [] if fetches is None else [str(getattr(fetches, "name", fetches))]


def around(session, fetches, feeds, run):
    if here.busy or getattr(session, "graph", None) is None:
        return run()
    with lock:
        key = (number(session.graph), tuple(fetches), tuple(feeds))
        entry = by_key.get(key)
        if entry is None:
            entry = by_key[key] = {
                "graph": key[0],
                "fetches": list(fetches),
                "feeds": list(feeds),
                "count": 0,
                "looked": 0,
                "changed": {},
            }
            runs.append(entry)
        look = entry["looked"] < MOST_LOOKS
        before = values(session) if look else None
    result = run()
    with lock:
        entry["count"] += 1
        if look:
            after = values(session)
            entry["looked"] += 1
            for name in before:
                if name in after and differ(before[name], after[name]):
                    entry["changed"][name] = entry["changed"].get(name, 0) + 1
    return result


def fed(feed_dict):
    """Flags that are fed, as they make a run another one."""
    found = []
    for key, value in (feed_dict or {}).items():
        if value is True or value is False or str(getattr(value, "dtype", "")) == "bool":
            found.append("%s=%s" % (getattr(key, "name", key), bool(value)))
    return sorted(found)


def write(out):
    document = {
        "exit": code,
        "runs": runs,
        "weights": [
            sorted(v.op.name for v in graph.get_collection("trainable_variables"))
            for graph in graphs
        ],
        "variables": [sorted(variables(graph)) for graph in graphs],
    }
    with open(out, "w") as file:
        json.dump(document, file, indent=1, sort_keys=True)


code = 0


def main():
    global base, code, inner_run
    out, _, script = [os.path.abspath(path) for path in sys.argv[1:4]]
    from tensorflow.python.client import session as module

    base = module.BaseSession
    inner_run = base.run
    inner_callable, inner_options = base.make_callable, base._make_callable_from_options

    def run(self, fetches, feed_dict=None, *args, **kwargs):
        return around(
            self,
            names(fetches),
            fed(feed_dict),
            lambda: inner_run(self, fetches, feed_dict, *args, **kwargs),
        )

    def make_callable(self, fetches, *args, **kwargs):
        inner = inner_callable(self, fetches, *args, **kwargs)
        told = names(fetches)
        return lambda *a, **k: around(self, told, [], lambda: inner(*a, **k))

    def from_options(self, options):
        inner = inner_options(self, options)
        told = sorted(list(options.target) + list(options.fetch))
        return Callable(self, inner, told)

    base.run, base.make_callable, base._make_callable_from_options = (
        run,
        make_callable,
        from_options,
    )
    atexit.register(write, out)
    sys.argv[:] = sys.argv[3:]
    sys.path[0] = os.path.dirname(script)
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        raise
    except BaseException:
        code = 1
        raise


class Callable(object):
    def __init__(self, session, inner, told):
        self._oracle = (session, inner, told)

    def __getattr__(self, name):
        return getattr(self.__dict__["_oracle"][1], name)

    def __call__(self, *args, **kwargs):
        session, inner, told = self._oracle
        return around(session, told, [], lambda: inner(*args, **kwargs))


main()
