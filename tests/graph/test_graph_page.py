"""The page of ``bnlint graph --html``: what is on it, and that it needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path as File

import pytest
from markup import Page

from bnlint.cli import main
from bnlint.graph.edges import draw
from bnlint.outcome import Report
from bnlint.output.graph_page import graph_page
from bnlint.output.scopes import scopes
from bnlint.reports import Drawing, Edge, GraphReport, LayerRow, Path, TrainRow, UpdateRow, Way

from .conftest import GRAPHS


def drawn(name: str) -> Page:
    return Page(graph_page(draw(str(GRAPHS / f"{name}.meta"))))


def stations(found: Page) -> list[str]:
    """What the paths lead by, each path from the train op at its left, a cut as ``x``."""
    told = []
    for tag, attrs in found.elements:
        look = str(attrs.get("class"))
        if tag == "div" and look == "path":
            told.append("")
        elif look in ("wire cut", "station"):
            told[-1] += "x" if look == "wire cut" else "o"
    return told


def test_table_and_drawing() -> None:
    found = drawn("second_network_unguarded")
    assert found.classes("op") == ["op well", "op broken"]
    assert stations(found) == ["oo", "xoo"]
    assert found.classes("layer") == ["layer moves", "layer apart"]
    assert [t for t in found.texts["header"] if t.strip()] == [
        "GradientDescent",
        " 2 of 2 moving statistics reached",
        "GradientDescent_1",
        " 0 of 2 moving statistics reached",
    ]
    codes = found.texts["code"]
    assert [name for name in codes if name.startswith("two/bn/")] == [
        "two/bn/AssignMovingAvg",
        "two/bn/AssignMovingAvg_1",
        "two/bn/moving_mean",
        "two/bn/moving_variance",
    ]
    assert "Nothing waits for the update." in found.texts["p"]
    cells = found.texts["td"]
    assert cells[:6] == ["one/bn", "unfused", "True", "0.99", "2/2", "GradientDescent"]
    assert "two/bn/AssignMovingAvg writes two/bn/moving_mean, and nothing waits for it" in cells
    assert "BN201" in found.texts["li"]


@pytest.mark.parametrize(
    ("graph", "way", "picture", "why"),
    [
        ("momentum_one", "idle", "oxo", "The update runs and changes nothing."),
        ("constant_false", "unwritten", "xo", "Nothing in the graph writes it."),
        (
            "loss_waits_for_updates",
            "apart",
            "xooo",
            "What waits for the update is not run with the train op.",
        ),
    ],
)
def test_where_the_path_stops(graph: str, way: Way, picture: str, why: str) -> None:
    found = drawn(graph)
    assert set(found.classes("layer")) == {f"layer {way}"}
    assert set(stations(found)) == {picture}
    assert why in found.texts["p"]


def test_what_waits_is_named() -> None:
    assert "guarded_loss" in drawn("loss_waits_for_updates").texts["code"]


def test_the_drawing_leads_to_the_table() -> None:
    found = drawn("second_network_unguarded")
    targets = {attrs["id"] for _, attrs in found.elements if "id" in attrs}
    links = {str(attrs["href"]) for _, attrs in found.elements if "href" in attrs}
    assert links == {f"#{name}" for name in targets}
    assert len(links) == 2


def test_another_networks_layer_is_not_missing() -> None:
    """Each of two networks has a train op: an edge that nobody needs is not drawn."""
    edges = draw(str(GRAPHS / "second_network_unguarded.meta"))[0].edges
    assert [(e.train_op, e.layer, e.moves) for e in edges] == [(0, 0, True), (1, 1, False)]


def paths(layer: str, way: Way, **more: Sequence[str]) -> tuple[Path, ...]:
    updates = {"moving_mean": "AssignMovingAvg", "moving_variance": "AssignMovingAvg_1"}
    told = {name: tuple(names) for name, names in more.items()}
    return tuple(Path(f"{layer}/{v}", way, (f"{layer}/{u}",), **told) for v, u in updates.items())


WAYS: tuple[Way, ...] = ("apart", "idle", "moves")


def big(layers: int, name: str = "net/block_{}/BatchNorm") -> Drawing:
    report = GraphReport("big.meta", "MetaGraphDef", "1.15.5", 27000, Report(checked=1))
    report.train_ops = [TrainRow("Adam", layers, layers, 2 * layers), TrainRow("Other", 0, 0, 2)]
    edges = []
    for number in range(layers):
        here = name.format(number)
        update = UpdateRow(f"{here}/AssignMovingAvg", f"{here}/moving_mean", ["Adam"])
        report.layers.append(LayerRow(here, "fused", "training", 0.997, [update], 2, number % 3))
        edges.append(Edge(0, number, paths(here, WAYS[number % 3])))
    other = paths(name.format(0), "apart", run_by=["Adam"])
    return Drawing(report, [*edges, Edge(1, 0, other)])


def test_an_update_that_another_train_op_runs() -> None:
    found = Page(graph_page([big(3)]))
    assert stations(found) == ["xoo", "oxo", "oo", "xooo"]
    assert "Only another train op runs the update." in found.texts["p"]


def test_a_layer_that_nothing_trains() -> None:
    drawing = big(3)
    drawing.edges.pop(1)
    found = Page(graph_page([drawing]))
    assert found.classes("op") == ["op broken", "op broken", "op"]
    assert "1 layer that nothing here trains or updates" in map(str.strip, found.texts["h3"])
    assert found.classes("layer")[-1] == "layer none"


def test_paths_that_are_alike_share_a_picture() -> None:
    found = Page(graph_page([big(300, "net/part/layer_{}/BatchNorm")]))
    assert stations(found) == ["xoo", "oxo", "oo", "xooo"]
    assert len(found.classes("layer")) == 301
    assert len([tag for tag, _ in found.elements if tag == "tr"]) == 301
    assert "200 update ops" in found.texts["small"]
    # What is well is folded away, what is not is there to be seen.
    assert [t for t in found.texts["summary"] if t.strip()] == ["100 layers"]
    assert "100 of 300 layers updated" in found.texts["h3"]


def names(*layers: str) -> list[tuple[str, list[str]]]:
    found = scopes(dict(enumerate(layers)))
    return [(scope.name, [scope.short(m) for m in scope.members]) for scope in found]


def test_scopes() -> None:
    assert names() == []
    assert names("bn") == [("", ["bn"])]
    assert names("a/bn") == [("a", ["bn"])]
    assert names("a/bn", "b/bn") == [("", ["a/bn", "b/bn"])]
    assert names("net/a/bn", "net/b/bn") == [("net", ["a/bn", "b/bn"])]
    assert names(
        "net/a/1/bn", "net/a/2/bn", "net/b/1/bn", "net/b/2/bn", "net/top/bn", "net/bn"
    ) == [
        ("net/a", ["1/bn", "2/bn"]),
        ("net/b", ["1/bn", "2/bn"]),
        ("net", ["top/bn", "bn"]),
    ]


def test_many_scopes_are_one() -> None:
    few = [f"net/{n}/{part}/bn" for n in range(20) for part in "ab"]
    assert len(names(*few)) == 20
    [(scope, layers)] = names(*few, "net/20/a/bn", "net/20/b/bn")
    assert scope == "net"
    assert layers[:2] == ["0/a/bn", "0/b/bn"]


def test_nothing_comes_from_elsewhere() -> None:
    text = graph_page([big(3)])
    assert "://" not in text
    assert not re.search(r"\bsrc(?:set)?=|@import|url\(", text)
    policy = next(a["content"] for t, a in Page(text).elements if "http-equiv" in a)
    assert str(policy).startswith("default-src 'none'")


@pytest.mark.parametrize(
    "name",
    [
        "</title><script>alert(1)</script>{}",
        "\"'><img src=x onerror=y>{}",
        "a&lt;b{}",
        "\x1b[31m{}",
    ],
)
def test_names_are_only_text(name: str) -> None:
    drawing = big(4, name)
    drawing.report.path = name
    drawing.report.notes = [name]
    drawing.report.train_ops[0].name = name
    drawing.report.train_ops[1].fails = name
    drawing.report.layers[0].stops = [name]
    drawing.edges.append(Edge(1, 1, paths(name, "apart", waits=[name])))
    drawing.edges.append(Edge(1, 2, paths(name, "apart", run_by=[name])))
    text = graph_page([drawing])
    found = Page(text)
    assert [tag for tag, _ in found.elements if tag in ("script", "img")] == ["script"]
    assert not any(key.startswith("on") for _, attrs in found.elements for key in attrs)
    if name.isprintable():
        assert name in found.texts["h1"]
    assert "\x1b" not in text


def test_a_graph_without_layers() -> None:
    found = drawn("layer_norm_is_another_thing")
    assert found.classes("path") == []
    assert "note: no batch norm with moving statistics in this graph" in found.texts["p"]


def test_command(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    graph, file = str(GRAPHS / "second_network_unguarded.meta"), tmp_path / "out.html"
    assert main(["graph", graph]) == 1
    said = capsys.readouterr().out
    assert main(["graph", graph, "--html", str(file)]) == 1
    assert capsys.readouterr().out == said
    assert Page(file.read_text("utf-8")).classes("rail") == ["rail", "rail"]
    assert main(["graph", graph, "--html", str(tmp_path / "none" / "out.html")]) == 2
    out, err = capsys.readouterr()
    assert out == said
    assert err.endswith("out.html: no such file or directory\n")
