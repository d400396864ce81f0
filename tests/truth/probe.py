# mypy: ignore-errors
# ruff: noqa
"""Runs a script in TensorFlow 1.15 and writes down what became of its variables.

``python probe.py OUT.json FOLDER SCRIPT [ARGUMENTS]``, below ``bnlint trace``. The script runs as
``__main__``; FOLDER holds it and all that belongs to it. Every variable of every session is read as soon as it has a value and again at the end;
for each graph, numbered as the recorder numbers it, the result tells

* ``changed``: of each variable, whether any session left it with another value than it began with;
* ``places``: of variables and of all ops that write variables, the lines of the project's own files
  on which they were made, outermost first.

It judges nothing. It must be read by Python 3.7.
"""

import atexit
import json
import os
import runpy
import sys
import threading


class Here(threading.local):
    busy = False


here = Here()
WRITES = ("Assign", "Apply", "Scatter", "SparseApply")
first, last = {}, {}
kept = []  # so that no other object takes the id of a session


def names(session):
    graph = session.graph
    found = {}
    for key in ("variables", "trainable_variables", "local_variables"):
        for variable in graph.get_collection(key):
            name = variable.op.name
            for suffix in ("/read:0", "/Read/ReadVariableOp:0"):
                try:
                    found[name] = graph.get_tensor_by_name(name + suffix)
                    break
                except (KeyError, ValueError):
                    pass
    return found


def read(session, tensors, one_by_one):
    """Values by name; of several that cannot be read together, each that can be read by itself."""
    if not tensors:
        return {}
    try:
        return inner_run(session, tensors)
    except Exception:
        if len(tensors) == 1 or not one_by_one:
            return {}
    found = {}
    for name, tensor in tensors.items():
        found.update(read(session, {name: tensor}, True))
    return found


def look(session, into):
    if here.busy:
        return
    here.busy = shim["here"].busy = True  # the recorder must not take this for the script's doing
    try:
        # Before its first run a session has no values: a large network has a thousand to ask for.
        begun = any(other is session for other in kept)
        if not begun:
            kept.append(session)
        known = into.setdefault(id(session), {})
        tensors = names(session)
        if into is first:
            tensors = {k: v for k, v in tensors.items() if k not in known}
        known.update(read(session, tensors, begun))
    finally:
        here.busy = shim["here"].busy = False


def places(graph, folder):
    """The lines of the project's own files on which variables and their updates were made."""
    found = {}
    for op in graph.get_operations():
        if op.type.startswith(("Var", "Resource")) or any(w in op.type for w in WRITES):
            lines = [
                [os.path.relpath(os.path.abspath(frame[0]), folder), frame[1]]
                for frame in op.traceback
                if os.path.abspath(frame[0]).startswith(folder + os.sep)
            ]
            if lines:
                found[op.name] = lines
    return found


def write(out, folder):
    import numpy

    graphs = {}
    for session in kept:
        look(session, last)
    for number, graph in enumerate(shim["recorder"].graphs):
        changed = {}
        for session in kept:
            if session.graph is graph:
                before, after = first.get(id(session), {}), last.get(id(session), {})
                for name in before:
                    if name in after:
                        same = numpy.array_equal(before[name], after[name])
                        changed[name] = changed.get(name, False) or not same
        graphs[str(number)] = {"changed": changed, "places": places(graph, folder)}
    with open(out, "w") as file:
        json.dump({"exit": code, "graphs": graphs}, file, indent=1, sort_keys=True)


code = 0


def main():
    global code, inner_run, shim
    out, folder, script = [os.path.abspath(path) for path in sys.argv[1:4]]
    from tensorflow.python.client import session as module

    base = module.BaseSession
    shim = base._do_run.__globals__  # bnlint's recorder, which also numbers the graphs
    inner_run, inner_close = base.run, base.close
    inner_make = base._make_callable_from_options

    def run(self, *args, **kwargs):
        look(self, first)
        return inner_run(self, *args, **kwargs)

    def close(self):
        look(self, last)
        return inner_close(self)

    def make(self, options):
        look(self, first)
        return inner_make(self, options)

    base.run, base.close, base._make_callable_from_options = run, close, make
    atexit.register(write, out, folder)
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


main()
