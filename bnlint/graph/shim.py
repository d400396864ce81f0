# mypy: ignore-errors
# ruff: noqa
# fmt: off
"""Records what every Session of a traced program builds, fetches and feeds.

Copied as ``sitecustomize.py`` into a directory that is put on PYTHONPATH, so it runs in the traced
program's own interpreter: standard library only, and one source for Python 2.7 and 3.5 to 3.13.
It waits for TensorFlow's session module and wraps the three ways into a session: ``_do_run`` (all
of ``run``, ``eval`` and the monitored sessions), ``make_callable``, and
``_make_callable_from_options`` (Keras). Of the values that are fed only scalar booleans are kept.
Whatever goes wrong in here stays in here: the traced program must not notice.
"""
import atexit
import itertools
import json
import os
import sys
import threading

TARGETS = ("tensorflow.python.client.session", "tensorflow_core.python.client.session")
FORMAT = 1
MOST_RECORDS = 5000
MOST_ERROR = 300
MOST_PLACES = 20000
MOST_LOOKS = 3
MOST_NOTES = 20
LARGEST = 65536
PLACED = ("Assign", "Apply", "ResourceApply", "SparseApply", "ResourceSparseApply", "Variable",
          "VarHandleOp")


class Recorder(object):
    def __init__(self, directory, watch):
        self.directory = directory
        self.watch = watch
        self.pid = os.getpid()
        self.graphs = []
        self.numbers = {}
        self.records = []
        self.by_key = {}
        self.dropped = 0
        self.watched = []
        self.notes = []

    def missed(self, what, error):
        """Note that something could not be recorded, once for each thing that went wrong."""
        note = "%s: %s" % (what, first_line(error))
        if note not in self.notes and len(self.notes) < MOST_NOTES:
            self.notes.append(note)

    # -- what is run ------------------------------------------------------------------------

    def record(self, session, targets, fetches, feeds):
        """The record of a run; ``feeds`` are pairs of a tensor (or its name) and a boolean."""
        graph = session.graph
        key = (id(graph), tuple(map(id, targets)), tuple(map(id, fetches)),
               tuple((id(tensor), value) for tensor, value in feeds))
        found = self.by_key.get(key)
        if found is None:
            found = self._new(graph, targets, fetches, feeds)
            # What the ids belong to is kept, so that no other object can take them.
            self.by_key[key] = (found, list(targets), list(fetches), feeds)
            self.before(session)
            return found
        return found[0]

    def named(self, session, key, fetches, feeds):
        """The record of a run that is known by names only."""
        found = self.by_key.get(key)
        if found is None:
            found = self._new(session.graph, [], fetches, feeds)
            self.by_key[key] = (found,)
            self.before(session)
            return found
        return found[0]

    def _new(self, graph, targets, fetches, feeds):
        record = {
            "graph": self._number(graph),
            "fetches": [name_of(item) for item in list(targets) + list(fetches)],
            "feeds": dict((name_of(tensor), value) for tensor, value in feeds),
            "count": 0,
            "errors": 0,
        }
        for known in self.records:
            if all(known[part] == record[part] for part in ("graph", "fetches", "feeds")):
                return known
        if len(self.records) < MOST_RECORDS:
            self.records.append(record)
        else:
            self.dropped += 1
        return record

    def _number(self, graph):
        number = self.numbers.get(id(graph))
        if number is None:
            number = self.numbers[id(graph)] = len(self.graphs)
            self.graphs.append(graph)
        return number

    # -- the moving statistics themselves ---------------------------------------------------

    def before(self, session):
        """Look at the statistics as soon as they are initialised."""
        if not self.watch or any(entry["session"] is session for entry in self.watched):
            return
        values = self._values(session)
        if values:
            self.watched.append({"session": session, "graph": self._number(session.graph),
                                 "before": values, "after": None})

    def after(self, session):
        for entry in self.watched:
            if entry["session"] is session:
                values = self._values(session)
                if values:
                    entry["after"] = values

    def _values(self, session):
        names, tensors = [], []
        try:
            weights = set(v.op.name for v in session.graph.get_collection("trainable_variables"))
            for variable in session.graph.get_collection("variables"):
                name = variable.op.name
                if statistic(variable, weights):
                    for suffix in ("/read:0", "/Read/ReadVariableOp:0"):
                        try:
                            tensors.append(session.graph.get_tensor_by_name(name + suffix))
                            names.append(name)
                            break
                        except (KeyError, ValueError):
                            pass
            if not tensors:
                return None
            busy, here.busy = getattr(here, "busy", False), True
            try:
                values = original_run(session, tensors)
            finally:
                here.busy = busy
            return dict(zip(names, values))
        except Exception as error:
            if not no_values_yet(error):
                self.missed("moving statistics not read", error)
            return None

    def look(self, session, record):
        """The values before one of the first times that something is run."""
        if self.watch and record.get("looks", 0) < MOST_LOOKS:
            return self._values(session)
        return None

    def compare(self, session, record, before):
        """Note which values a run changed."""
        after = self._values(session) if before is not None else None
        if after is None:
            return
        record["looks"] = record.get("looks", 0) + 1
        changed = [name for name in before if name in after and differ(before[name], after[name])]
        record["changed"] = sorted(set(record.get("changed", ())).union(changed))

    def changes(self):
        out = []
        for entry in self.watched:
            before, after = entry["before"], entry["after"]
            if after is None:
                continue
            out.append({
                "graph": entry["graph"],
                "changed": dict((name, differ(before[name], after[name]))
                                for name in before if name in after),
            })
        return out

    # -- the end ----------------------------------------------------------------------------

    def write(self):
        if not self.graphs or os.getpid() != self.pid:
            return  # nothing to tell, or a forked child that shares our records
        for entry in self.watched:
            if entry["after"] is None:
                self.after(entry["session"])
        folder = os.path.join(self.directory, "process-%d" % self.pid)
        if not os.path.isdir(folder):
            os.makedirs(folder)
        files = []
        for number, graph in enumerate(self.graphs):
            files.append(self._export(graph, folder, number))
        document = {
            "format": FORMAT,
            "command": list(getattr(sys, "argv", [])),
            "python": ".".join(map(str, sys.version_info[:3])),
            "tensorflow": tensorflow_version(),
            "graphs": files,
            "places": [self._places(graph) for graph in self.graphs],
            "runs": [r for r in self.records if r["count"] or r["errors"]],
            "dropped": self.dropped,
            "watched": self.changes() if self.watch else None,
            "notes": self.notes,
        }
        path = os.path.join(folder, "trace.json")
        with open(path + ".part", "w") as file:
            json.dump(document, file, indent=1, sort_keys=True)
        if os.path.exists(path):
            os.remove(path)
        os.rename(path + ".part", path)

    def _places(self, graph):
        """The line of the program on which each op that writes or holds a variable was made."""
        out = {}
        try:
            for op in graph.get_operations():
                if op.type.startswith(PLACED):
                    place = made_at(op.traceback)
                    if place is not None:
                        out[op.name] = place
                        if len(out) >= MOST_PLACES:
                            break
        except Exception as error:
            self.missed("lines of the program not recorded", error)
        return out

    def _export(self, graph, folder, number):
        logger = self.logging.getLogger("tensorflow")
        disabled, logger.disabled = logger.disabled, True
        try:
            name = "graph-%d.meta" % number
            try:
                module = framework("meta_graph")
                meta = module.export_scoped_meta_graph(graph=graph)
                if isinstance(meta, tuple):
                    meta = meta[0]
                data = meta.SerializeToString()
            except Exception as error:
                self.missed("graph %d without collections" % number, error)
                name = "graph-%d.pb" % number
                data = graph.as_graph_def().SerializeToString()
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
            return name
        except Exception as error:
            self.missed("graph %d not written" % number, error)
            return None
        finally:
            logger.disabled = disabled


def statistic(variable, weights):
    """Whether a variable may hold statistics: numbers that no gradient trains, and not too many."""
    if variable.op.name in weights or not variable.dtype.is_floating:
        return False
    size = variable.get_shape().num_elements()
    return size is not None and size <= LARGEST


def differ(one, other):
    """Whether two values differ. Not a number is no other number each time that it is looked at."""
    return bool(((one != other) & ~((one != one) & (other != other))).any())


def no_values_yet(error):
    """Whether it is TensorFlow's word for not initialised, or for a session that is closed."""
    return isinstance(error, RuntimeError) or any(
        base.__name__ == "OpError" for base in type(error).__mro__)


def first_line(error):
    text = str(error).strip().split("\n")[0]
    return ("%s: %s" % (type(error).__name__, text))[:MOST_ERROR]


def made_at(frames):
    """The innermost frame that is neither of a library nor of Python itself: a path and a line."""
    for frame in reversed(list(frames or ())):
        path, line = frame[0], frame[1]
        if not path.startswith("<") and not path.startswith(LIBRARIES) \
                and "site-packages" not in path and "dist-packages" not in path:
            return [os.path.abspath(path), line]
    return None


def framework(name):
    import importlib
    for package in ("tensorflow_core", "tensorflow"):
        if package + ".python.client.session" in sys.modules:
            return importlib.import_module("%s.python.framework.%s" % (package, name))
    raise ImportError(name)


def tensorflow_version():
    try:
        return str(framework("versions").VERSION)
    except Exception:
        return ""


def name_of(item):
    if isinstance(item, bytes) and not isinstance(item, str):
        return item.decode("utf-8", "replace")
    name = getattr(item, "name", item)
    if isinstance(name, bytes) and not isinstance(name, str):
        name = name.decode("utf-8", "replace")
    return str(name)


def truth(value):
    """A scalar boolean that is fed, or None for any other value, which is nobody's business."""
    if value is True or value is False:
        return bool(value)
    try:
        if value.ndim == 0 and value.dtype.kind == "b":
            return bool(value)
    except Exception:
        pass
    return None


def dereferenced(key):
    """TensorFlow 2 feeds by reference, as its tensors cannot be hashed."""
    deref = getattr(key, "deref", None)
    return deref() if deref is not None else key


LIBRARIES = (os.path.dirname(os.__file__) + os.sep, os.path.dirname(os.path.abspath(__file__)))
recorder = None
original_run = None
here = threading.local()  # queue runners run in threads of their own
tokens = itertools.count()


def patch(module):
    """Wrap the session class, once."""
    global original_run
    # Not at exit: an import may evaluate strings, and then Python forgets that it ends by Ctrl-C.
    import logging
    recorder.logging = logging
    base = getattr(module, "BaseSession", None)
    if base is None or getattr(base, "_bnlint_traced", False):
        return
    base._bnlint_traced = True
    original_run = base.run

    inner_do_run = base._do_run

    def _do_run(self, handle, target_list, fetch_list, feed_dict, *args, **kwargs):
        record = before = None
        if not getattr(here, "busy", False):
            here.busy = True
            try:
                feeds = [(dereferenced(key), truth(value)) for key, value in feed_dict.items()]
                record = recorder.record(self, target_list, fetch_list, feeds)
                before = recorder.look(self, record)
            except Exception as error:
                recorder.missed("a run not recorded", error)
            finally:
                here.busy = False
        try:
            result = inner_do_run(self, handle, target_list, fetch_list, feed_dict, *args, **kwargs)
        except BaseException as error:
            failed(record, error)
            raise
        if record is not None:
            succeeded(self, record, before)
        return result

    base._do_run = _do_run

    inner_make = getattr(base, "make_callable", None)
    if inner_make is not None:
        def make_callable(self, fetches, feed_list=None, accept_options=False):
            inner = inner_make(self, fetches, feed_list, accept_options)
            try:
                handler = module._FetchHandler(self.graph, fetches, {})
                names = [name_of(i) for i in list(handler.targets()) + list(handler.fetches())]
                feeds = [name_of(i) for i in feed_list or ()]
            except Exception as error:
                recorder.missed("a callable of a session not recorded", error)
                return inner
            return wrapped(self, inner, names, feeds)

        base.make_callable = make_callable

    inner_options = getattr(base, "_make_callable_from_options", None)
    if inner_options is not None:
        def _make_callable_from_options(self, callable_options):
            inner = inner_options(self, callable_options)
            try:
                names = list(callable_options.target) + list(callable_options.fetch)
                return Callable(self, inner, [name_of(n) for n in names],
                                [name_of(n) for n in callable_options.feed])
            except Exception as error:
                recorder.missed("a callable of a session not recorded", error)
                return inner

        base._make_callable_from_options = _make_callable_from_options

    inner_close = base.close

    def close(self, *args, **kwargs):
        try:
            if recorder.watch:
                recorder.after(self)
        except Exception as error:
            recorder.missed("moving statistics not read", error)
        return inner_close(self, *args, **kwargs)

    base.close = close


def succeeded(session, record, before):
    record["count"] += 1
    try:
        recorder.compare(session, record, before)
    except Exception as error:
        recorder.missed("moving statistics not compared", error)


def failed(record, error):
    if record is not None:
        record["errors"] += 1
        record.setdefault("error", first_line(error))


class Callable(object):
    """A callable of a session, counted. Everything else is the callable's own."""

    def __init__(self, session, inner, names, feeds):
        self._bnlint = (session, inner, names, feeds, next(tokens))

    def __getattr__(self, name):
        return getattr(self.__dict__["_bnlint"][1], name)

    def __call__(self, *args, **kwargs):
        session, inner, names, feeds, token = self._bnlint
        record = before = None
        try:
            values = tuple(truth(value) for value in args)
            record = recorder.named(session, ("callable", token, values), names,
                                    list(zip(feeds, values)))
            before = recorder.look(session, record)
        except Exception as error:
            recorder.missed("a run not recorded", error)
        try:
            result = inner(*args, **kwargs)
        except BaseException as error:
            failed(record, error)
            raise
        if record is not None:
            succeeded(session, record, before)
        return result


keep = []


def wrapped(session, inner, names, feeds):
    counted = Callable(session, inner, names, feeds)

    def call(*args, **kwargs):
        return counted(*args, **kwargs)

    return call


class Finder(object):
    """Lets TensorFlow's session module load as ever, and then wraps it."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in TARGETS:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    spec.loader = Loader(spec.loader)
                return spec
        return None

    def find_module(self, fullname, path=None):
        # Python 2 only: 3.4 and later ask find_spec.
        if sys.version_info[0] == 2 and fullname in TARGETS and fullname not in self.loading:
            return self
        return None

    loading = set()

    def load_module(self, fullname):
        self.loading.add(fullname)
        try:
            __import__(fullname)
            module = sys.modules[fullname]
            safely(module)
            return module
        finally:
            self.loading.discard(fullname)


class Loader(object):
    def __init__(self, inner):
        self.__dict__["inner"] = inner

    def __getattr__(self, name):
        return getattr(self.__dict__["inner"], name)

    def create_module(self, spec):
        create = getattr(self.inner, "create_module", None)
        return create(spec) if create is not None else None

    def exec_module(self, module):
        self.inner.exec_module(module)
        safely(module)


def safely(module):
    try:
        patch(module)
    except Exception as error:
        recorder.missed("session not wrapped", error)


def write_at_exit():
    try:
        recorder.write()
    except Exception as error:
        sys.stderr.write("bnlint: the trace could not be written: %s\n" % first_line(error))


def write_at_sigterm():
    """What stops a job sends SIGTERM, of which Python dies without the usual end.

    A handler of the program's own replaces this one, and what it ignores stays ignored.
    """
    import signal
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return

    def terminated(number, frame):
        signal.signal(number, signal.SIG_DFL)
        write_at_exit()
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, terminated)


def chain():
    """Run the sitecustomize that this one stands in front of, if there is one."""
    folder = os.path.realpath(os.path.dirname(os.path.abspath(__file__)))
    mine = sys.modules.pop("sitecustomize", None)
    path = sys.path[:]
    sys.path[:] = [p for p in path if os.path.realpath(p or ".") != folder]
    try:
        __import__("sitecustomize")
    except ImportError:
        pass
    finally:
        if "sitecustomize" not in sys.modules and mine is not None:
            sys.modules["sitecustomize"] = mine
        keep.append(mine)


def start():
    global recorder
    directory = os.environ.get("BNLINT_TRACE_DIR")
    if directory:
        recorder = Recorder(directory, os.environ.get("BNLINT_TRACE_WATCH") == "1")
        sys.meta_path.insert(0, Finder())
        atexit.register(write_at_exit)
        try:
            write_at_sigterm()
        except Exception:
            pass  # a platform without it
    chain()


if __name__ == "sitecustomize":
    start()
