"""``bnlint server`` as an editor meets it: a real client over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient

PROGRAM = """\
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
h = tf.layers.batch_normalization(x, training=True)
loss = tf.reduce_mean(h); s = '\U0001f600'; train = tf.train.AdamOptimizer(1e-3).minimize(loss)
tf.Session().run(train)
"""
FIXED = (
    PROGRAM.replace("loss = tf.red", "\n    loss = tf.red")
    .replace("\n\n", "\nwith tf.control_dependencies(X):\n")
    .replace("X", "tf.get_collection(tf.GraphKeys.UPDATE_OPS)")
)


class Editor:
    """Opens, changes and asks; ``told`` gives the next diagnostics of a document."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self._told: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()

        def told(params: types.PublishDiagnosticsParams) -> None:
            self._told.put_nowait(params)

        client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(told)

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str) -> None:
        item = types.TextDocumentItem(self.uri(name), "python", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, name: str, text: str, version: int) -> None:
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version, self.uri(name)),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    async def told(self, name: str, version: int | None) -> list[types.Diagnostic]:
        while True:
            params = await asyncio.wait_for(self._told.get(), 120)
            if params.uri == self.uri(name) and params.version == version:
                return list(params.diagnostics)

    async def actions(self, name: str, line: int) -> list[types.CodeAction]:
        start = types.Position(line, 0)
        found = await self.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(self.uri(name)),
                types.Range(start, types.Position(line, 500)),
                types.CodeActionContext([]),
            )
        )
        assert found is not None
        return [action for action in found if isinstance(action, types.CodeAction)]


@asynccontextmanager
async def editor(folder: Path) -> AsyncIterator[Editor]:
    client = LanguageClient("test", "1")
    await client.start_io(sys.executable, "-m", "bnlint", "server")
    capabilities = types.ClientCapabilities()
    await client.initialize_async(types.InitializeParams(capabilities, root_uri=folder.as_uri()))
    client.initialized(types.InitializedParams())
    yield Editor(client, folder)
    await client.shutdown_async(None)
    client.exit(None)
    await asyncio.wait_for(client.stop(), 60)  # type: ignore[no-untyped-call]


def with_editor(folder: Path, play: Callable[[Editor], Awaitable[None]]) -> None:
    async def run() -> None:
        async with editor(folder) as it:
            await play(it)

    asyncio.run(run())


def test_diagnostics_hover_and_fix_of_unsaved_text(tmp_path: Path) -> None:
    async def play(it: Editor) -> None:
        it.open("train.py", PROGRAM)
        [found] = await it.told("train.py", 1)
        assert (found.code, found.source) == ("BN201", "bnlint")
        assert found.severity == types.DiagnosticSeverity.Error
        # The smiling face is two units of UTF-16.
        start = len("loss = tf.reduce_mean(h); s = '\U0001f600'; train = ") + 1
        assert found.range.start == types.Position(3, start)
        assert found.related_information is not None
        [related] = found.related_information
        assert related.location.uri == it.uri("train.py")
        assert related.location.range.start == types.Position(2, 4)

        where = types.TextDocumentIdentifier(it.uri("train.py"))
        hover = await it.client.text_document_hover_async(
            types.HoverParams(where, types.Position(3, start + 5))
        )
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert hover.contents.value.startswith("# BN201: ")
        nothing = types.HoverParams(where, types.Position(0, 0))
        assert await it.client.text_document_hover_async(nothing) is None

        [action] = await it.actions("train.py", 3)
        assert action.kind == types.CodeActionKind.QuickFix
        assert action.is_preferred
        assert action.edit is not None
        assert action.edit.changes is not None
        lines = PROGRAM.splitlines(True)
        for edit in reversed(action.edit.changes[it.uri("train.py")]):
            lines[edit.range.start.line : edit.range.end.line] = [edit.new_text]
        assert "".join(lines) == FIXED
        assert await it.actions("train.py", 0) == []

        it.change("train.py", FIXED, 2)
        assert await it.told("train.py", 2) == []
        it.change("train.py", FIXED + "def broken(:\n", 3)
        [found] = await it.told("train.py", 3)
        assert found.code == "BN900"
        it.client.text_document_did_close(types.DidCloseTextDocumentParams(where))
        assert await it.told("train.py", None) == []

    with_editor(tmp_path, play)


def test_a_helper_is_judged_with_the_program_on_disk_that_uses_it(tmp_path: Path) -> None:
    net = (
        "import tensorflow as tf\ndef net(x, is_training):\n"
        "    return tf.layers.batch_normalization(x, training=is_training)\n"
    )
    (tmp_path / "net.py").write_text(net)
    (tmp_path / "train.py").write_text(
        "import tensorflow as tf\nfrom net import net\n"
        "h = net(tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.bool, []))\n"
        "with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):\n"
        "    train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h))\n"
        "tf.Session().run(train)\n"
    )

    async def play(it: Editor) -> None:
        it.open("net.py", net)
        assert await it.told("net.py", 1) == []
        it.change("net.py", net.replace(", training=is_training", ""), 2)
        found = await it.told("net.py", 2)
        assert {d.code for d in found} == {"BN101", "BN103"}
        [action] = await it.actions("net.py", 2)
        assert action.title == "BN101: pass is_training as training"

    with_editor(tmp_path, play)


def test_a_broken_configuration_is_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.bnlint]\nselect = 3\n")

    async def play(it: Editor) -> None:
        said: asyncio.Queue[types.ShowMessageParams] = asyncio.Queue()

        def show(params: types.ShowMessageParams) -> None:
            said.put_nowait(params)

        it.client.feature(types.WINDOW_SHOW_MESSAGE)(show)
        it.open("train.py", PROGRAM)
        message = await asyncio.wait_for(said.get(), 120)
        assert "pyproject.toml" in message.message
        assert [d.code for d in await it.told("train.py", 1)] == ["BN201"]

    with_editor(tmp_path, play)
