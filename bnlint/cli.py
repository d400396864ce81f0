"""The command line. Only this module knows of click; what is slow to import waits for its use."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bnlint import codes
from bnlint.suggest import near

if TYPE_CHECKING:
    from bnlint.graph.command import GraphReport
    from bnlint.run import Options, Outcome

CLEAN, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130

STDIN = "<stdin>"
TRACEBACK = "BNLINT_TRACEBACK"


class Failure(click.ClickException):
    """A run that cannot start: one line, without the usage of the command."""

    exit_code = FAILED

    def show(self, file: object = None) -> None:
        _say(f"error: {self.message}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; no exception leaves here."""
    # Imports and abstract runs make many objects and little garbage: look for it less often.
    gc.set_threshold(50_000, 20, 20)
    atexit.register(gc.freeze)  # a process that ends needs no last look
    for stream in (sys.stdout, sys.stderr):
        # A character that the stream cannot encode must not lose the report.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return cli.main(args=argv, prog_name="bnlint", standalone_mode=False) or CLEAN
    except click.ClickException as error:
        error.show()
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:
        _say_crashed([("", error)])
        return FAILED


def _version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"bnlint {version('bnlint')}")
        except PackageNotFoundError:
            click.echo("bnlint, from sources that are not installed")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Find the batch-norm bugs of TensorFlow 1 programs, without running them."""


def _codes(
    _context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    words = [word.strip().upper() for value in values for word in value.split(",")]
    prefixes = tuple(word for word in words if word)
    for prefix in codes.unknown(prefixes):
        hint = near(prefix, codes.known())
        raise click.BadParameter(f"no rule's code is or starts with {prefix!r}{hint}", param=option)
    return prefixes


@cli.command(
    epilog="Exit codes: 0 nothing found; 1 findings, or files that could not be read; "
    "2 wrong usage or configuration, or an error in bnlint itself."
)
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--select",
    multiple=True,
    metavar="CODE[,CODE]",
    callback=_codes,
    help="Report these rules only; BN2 stands for all BN2xx.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="CODE[,CODE]",
    callback=_codes,
    help="Do not report these rules, even if selected.",
)
@click.option(
    "--pedantic",
    is_flag=True,
    help="Also report what is possible but not certain, and remarks on the analysis.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How to print the findings.",
)
@click.option(
    "--stdin-filename",
    metavar="FILE",
    help="The name of the file that - stands for; its imports are followed from there.",
)
@click.option("--markdown", is_flag=True, help="Also check fenced Python blocks in Markdown files.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
@click.option(
    "--show-incomplete",
    is_flag=True,
    help="Also say which programs were not read to their end, and why.",
)
@click.option(
    "--fail-incomplete",
    is_flag=True,
    help="Exit with 1 if a program was not read to its end.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print findings only: no summary, no remarks.")
@click.option("--fix", is_flag=True, help="Repair what can be repaired safely (BN109, BN201).")
@click.option("--diff", is_flag=True, help="Print the repairs as a diff, and write nothing.")
@click.option(
    "--unsafe-fixes", is_flag=True, help="With --fix or --diff: also repairs that may do too much."
)
def check(
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    pedantic: bool,
    output_format: str,
    stdin_filename: str | None,
    markdown: bool,
    exit_zero: bool,
    show_incomplete: bool,
    fail_incomplete: bool,
    quiet: bool,
    fix: bool,
    diff: bool,
    unsafe_fixes: bool,
) -> int:
    """Check Python files and notebooks, and those of a project below a directory.

    Without PATHS, the working directory is checked; - reads a file from standard input.
    """
    if (fix or diff) and "-" in paths:
        raise Failure("standard input cannot be fixed: name the file")
    options = _options(paths, select, ignore, pedantic, stdin_filename, markdown)
    outcome = _run(options, quiet)
    if fix or diff:
        from bnlint.fixing import run_fixes

        if not run_fixes(outcome.report, options, unsafe_fixes, write=not diff, say=_say):
            return FAILED
        if diff:
            _say_crashed(outcome.crashes)
            if outcome.crashes:
                return FAILED
            unclean = bool(outcome.report.findings or outcome.report.problems)
            return FOUND if unclean and not exit_zero else CLEAN
        outcome = _run(options, quiet)
    report = outcome.report
    if not quiet:
        for note in report.notes:
            _say(f"note: {note}")
        if not outcome.files and not report.problems:
            _say(f"note: no Python files to check in {', '.join(options.paths)}")
    if show_incomplete:
        for item in report.incomplete:
            _say(f"incomplete: {item.path}:{item.line}: {item.reason}")
    _say_crashed(outcome.crashes)
    with _reader_may_leave():
        _write(outcome, output_format, quiet)
    if outcome.crashes:
        return FAILED
    bad = report.findings or report.problems or (fail_incomplete and report.incomplete)
    return FOUND if bad and not exit_zero else CLEAN


@cli.command()
@click.argument("code")
def rule(code: str) -> None:
    """Explain a rule, given its CODE or its name."""
    from bnlint import pages

    if page := pages.find(code):
        text = (
            f"# {page.code} {page.title}\n\n"
            f"*{page.name} · {page.severity} · since {page.since}*\n\n{page.text}"
        )
    elif code.upper() == codes.UNREADABLE:
        text = codes.UNREADABLE_HELP
    else:
        names = pages.names()
        raise Failure(f"no rule {code!r}{near(code.upper(), names) or near(code, names.values())}")
    if not sys.stdout.isatty():
        with _reader_may_leave():
            click.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))


@cli.command()
def rules() -> None:
    """List the rules."""
    from bnlint import pages

    found = pages.all_pages()
    width = max((len(page.name) for page in found), default=0)
    with _reader_may_leave():
        for page in found:
            click.echo(f"{page.code}  {page.severity:<7}  {page.name:<{width}}  {page.title}")


def _rule_options(command: Callable[..., int]) -> Callable[..., int]:
    """``--select``, ``--ignore`` and ``--format`` of the commands that judge a graph."""
    for option in (
        click.option(
            "--format",
            "output_format",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="How to print the report.",
        ),
        click.option(
            "--ignore",
            multiple=True,
            metavar="CODE[,CODE]",
            callback=_codes,
            help="Do not report these rules, even if selected.",
        ),
        click.option(
            "--select",
            multiple=True,
            metavar="CODE[,CODE]",
            callback=_codes,
            help="Report these rules only; BN2 stands for all BN2xx.",
        ),
    ):
        command = option(command)
    return command


@cli.command()
@click.argument("path")
@click.option(
    "--train-op", "train_ops", multiple=True, metavar="NAME", help="Judge this op; repeatable."
)
@click.option(
    "--fetch",
    "fetches",
    multiple=True,
    metavar="NAME",
    help="Judge the fetches of one session.run together; repeatable.",
)
@click.option("--html", metavar="FILE", help="Also write a page with a drawing to FILE.")
@_rule_options
def graph(
    path: str,
    html: str | None,
    train_ops: tuple[str, ...],
    fetches: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    output_format: str,
) -> int:
    """Judge the graph in PATH: .meta, .pb, .pbtxt, a SavedModel, an events file or a checkpoint."""
    from bnlint.graph.errors import GraphError
    from bnlint.output import graph as output

    try:
        if html is None:
            from bnlint.graph.command import inspect

            reports = inspect(path, train_ops, fetches, select, ignore)
        else:
            reports = _draw(html, path, train_ops, fetches, select, ignore)
    except GraphError as error:
        raise Failure(str(error)) from None
    with _reader_may_leave():
        (output.write_json if output_format == "json" else output.write)(reports, sys.stdout)
    return max((report.exit_code for report in reports), default=CLEAN)


def _draw(
    html: str,
    path: str,
    train_ops: tuple[str, ...],
    fetches: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
) -> list[GraphReport]:
    """The reports of ``graph``, which are also written to a page."""
    from bnlint.graph.edges import draw
    from bnlint.output.html import page

    drawings = draw(path, train_ops, fetches, select, ignore)
    try:
        Path(html).write_text(page(drawings), "utf-8", "backslashreplace", "\n")
    except OSError as error:
        raise Failure(f"{html}: {error.strerror or error}") from None
    return [drawing.report for drawing in drawings]


@cli.command()
@click.argument("path")
@_rule_options
def checkpoint(
    path: str, select: tuple[str, ...], ignore: tuple[str, ...], output_format: str
) -> int:
    """Judge the moving statistics saved in the checkpoint PATH (a prefix or a directory)."""
    from bnlint.graph.checkpoint import inspect_checkpoint
    from bnlint.graph.errors import GraphError
    from bnlint.output import checkpoint as output

    try:
        report = inspect_checkpoint(path, select, ignore)
    except GraphError as error:
        raise Failure(str(error)) from None
    with _reader_may_leave():
        (output.write_json if output_format == "json" else output.write)(report, sys.stdout)
    return report.exit_code


@cli.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--out",
    default="bnlint-trace",
    show_default=True,
    metavar="DIR",
    help="Where to put the recording.",
)
@click.option(
    "--watch-statistics",
    is_flag=True,
    help="Also compare the moving statistics before and after: the last word.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def trace(out: str, watch_statistics: bool, command: tuple[str, ...]) -> int:
    """Run COMMAND (after --), record its graphs and what its sessions run, and judge them.

    This is the only command of bnlint that runs the code it is about. COMMAND's own exit code is
    passed on if it is not zero.
    """
    from bnlint.graph import trace as tracing
    from bnlint.graph.errors import GraphError

    try:
        code = tracing.run(command, out, watch=watch_statistics)
    except GraphError as error:
        raise Failure(str(error)) from None
    verdict = _report_trace(out, (), (), "text")
    return code or verdict


@cli.command("check-trace")
@click.argument("directory")
@_rule_options
def check_trace(
    directory: str, select: tuple[str, ...], ignore: tuple[str, ...], output_format: str
) -> int:
    """Judge again what bnlint trace recorded in DIRECTORY."""
    return _report_trace(directory, select, ignore, output_format)


@cli.command()
@click.argument("script")
@click.argument("graph", metavar="GRAPH_OR_TRACE")
@click.option(
    "--train-op", "train_ops", multiple=True, metavar="NAME", help="Judge this op; repeatable."
)
@click.option(
    "--fetch",
    "fetches",
    multiple=True,
    metavar="NAME",
    help="Judge the fetches of one session.run together; repeatable.",
)
@_rule_options
def confirm(
    script: str,
    graph: str,
    train_ops: tuple[str, ...],
    fetches: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    output_format: str,
) -> int:
    """Hold what check says of SCRIPT against the graph it built, or what trace recorded.

    Each finding is confirmed, refuted or undecided; what only the graph shows is listed too.
    """
    from bnlint import confirm as both
    from bnlint.graph.errors import GraphError
    from bnlint.output import confirm as output

    try:
        found = both.confirm(script, graph, train_ops, fetches, select, ignore)
    except GraphError as error:
        raise Failure(str(error)) from None
    _say_crashed(found.crashes)
    with _reader_may_leave():
        (output.write_json if output_format == "json" else output.write)(found, sys.stdout)
    return FAILED if found.crashes else found.exit_code


def _report_trace(
    directory: str, select: tuple[str, ...], ignore: tuple[str, ...], output_format: str
) -> int:
    from bnlint.graph import trace as tracing
    from bnlint.graph.errors import GraphError
    from bnlint.output import trace as output

    try:
        report = tracing.check(directory, select, ignore)
    except GraphError as error:
        raise Failure(str(error)) from None
    with _reader_may_leave():
        (output.write_json if output_format == "json" else output.write)(report, sys.stdout)
    return report.exit_code


def _options(
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    pedantic: bool,
    stdin_filename: str | None,
    markdown: bool,
) -> Options:
    from bnlint.config import ConfigError, load
    from bnlint.run import Options

    overlay = {}
    if "-" in paths:
        if len(paths) > 1:
            raise click.UsageError("- cannot be given together with other paths")
        stdin_filename = stdin_filename or STDIN
        overlay[stdin_filename] = sys.stdin.buffer.read()
        paths = (stdin_filename,)
    elif stdin_filename is not None:
        raise click.UsageError("--stdin-filename goes with -, which reads standard input")
    paths = paths or (".",)
    start = Path(paths[0])
    try:
        config = load(start if start.is_dir() else start.parent)
    except ConfigError as error:
        raise Failure(str(error)) from None
    return Options(
        paths=paths,
        exclude=config.excludes(Path.cwd()),
        select=select or config.select,
        ignore=ignore or config.ignore,
        pedantic=pedantic or config.pedantic,
        users=True,
        markdown=markdown,
        overlay=overlay,
    )


def _run(options: Options, quiet: bool) -> Outcome:
    from bnlint import run

    if quiet or not sys.stderr.isatty():
        return run.check(options)
    from bnlint.output.progress import ProgressBar

    with ProgressBar() as progress:
        return run.check(options, progress)


def _write(outcome: Outcome, output_format: str, quiet: bool) -> None:
    if output_format == "json":
        from bnlint.output import json

        json.write(outcome.report, sys.stdout)
    elif output_format == "github":
        from bnlint.output import github

        github.write(outcome.report, sys.stdout)
    else:
        from bnlint.output import text

        text.write(outcome.report, outcome.source, sys.stdout, summary=not quiet)


def _say(line: str) -> None:
    click.echo(f"bnlint: {line}", err=True)


def _say_crashed(crashes: Sequence[tuple[str, Exception]]) -> None:
    for where, error in crashes:
        said = str(error).strip().splitlines()
        parts = [where, type(error).__name__, said[0] if said else ""]
        _say(f"internal error: {': '.join(part for part in parts if part)}")
        if os.environ.get(TRACEBACK):
            import traceback

            traceback.print_exception(error)
    if crashes:
        _say(f"this is a bug in bnlint; please report it with the output of {TRACEBACK}=1")


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    """A pipe that breaks ends the printing; the exit code stays what it was to be."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would flush once more on its way out, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
