"""The page of ``bnlint graph --html``: what is on it, and that it needs nothing else."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bnlint.cli import main
from bnlint.finding import Report
from bnlint.graph.edges import draw
from bnlint.output.html import page
from bnlint.reports import Drawing, Edge, GraphReport, LayerRow, TrainRow, UpdateRow

from .conftest import GRAPHS

VOID = {"meta", "br", "link", "img"}


class Page(HTMLParser):
    """Every element with its attributes, the text of each kind of element, and the nesting."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.texts.setdefault(tag, []).append(data)

    def classes(self, first: str) -> list[str]:
        found = (str(attrs.get("class", "")) for _, attrs in self.elements)
        return [name for name in found if name.split() and name.split()[0] == first]


def drawn(name: str) -> Page:
    return Page(page(draw(str(GRAPHS / f"{name}.meta"))))


def test_table_and_drawing() -> None:
    found = drawn("second_network_unguarded")
    assert found.classes("edge") == ["edge there", "edge missing"]
    assert found.classes("layer") == ["layer there", "layer missing"]
    cells = found.texts["td"]
    assert cells[:6] == ["one/bn", "unfused", "True", "0.99", "2/2", "GradientDescent"]
    assert "two/bn/AssignMovingAvg writes two/bn/moving_mean, and nothing waits for it" in cells
    assert "BN201" in found.texts["li"]
    titles = [text for text in found.texts["title"] if "GradientDescent_1 trains" in text]
    assert titles == ["GradientDescent_1 trains it and does not update it: two/bn"]


def test_the_drawing_leads_to_the_table() -> None:
    found = drawn("second_network_unguarded")
    targets = {attrs["id"] for _, attrs in found.elements if "id" in attrs}
    links = {str(attrs["href"]) for _, attrs in found.elements if "href" in attrs}
    assert links == {f"#{name}" for name in targets}
    assert len(links) == 2


def test_another_networks_layer_is_not_missing() -> None:
    """Each of two networks has a train op: an edge that nobody needs is not drawn."""
    drawing = draw(str(GRAPHS / "second_network_unguarded.meta"))[0]
    assert drawing.edges == [Edge(0, 0, "there"), Edge(1, 1, "missing")]


def test_an_update_that_does_nothing() -> None:
    assert [edge.state for edge in draw(str(GRAPHS / "momentum_one.meta"))[0].edges] == ["idle"]
    assert drawn("momentum_one").classes("layer") == ["layer idle"]


def big(layers: int, name: str = "net/block_{}/BatchNorm") -> Drawing:
    report = GraphReport("big.meta", "MetaGraphDef", "1.15.5", 27000, Report(checked=1))
    report.train_ops = [TrainRow("Adam", layers, layers, 2 * layers), TrainRow("Other", 0, 0, 2)]
    for number in range(layers):
        here = name.format(number)
        update = UpdateRow(f"{here}/AssignMovingAvg", f"{here}/moving_mean", ["Adam"])
        report.layers.append(LayerRow(here, "fused", "training", 0.997, [update], 2, number % 3))
    edges = [Edge(0, n, ("missing", "part", "there")[n % 3]) for n in range(layers)]
    return Drawing(report, [*edges, Edge(1, 0, "missing")])


def test_long_names_stay_apart() -> None:
    name = "resnet_v1_152/block{}/unit_1/bottleneck_v1/conv1/BatchNorm"
    labels = Page(page([big(3, name)])).texts["text"]
    assert "block1/unit_1/bottleneck_v1/conv1/BatchNorm" in labels
    [label] = (t for t in Page(page([big(1, f"{'a/' * 50}end{{}}")])).texts["text"] if "end" in t)
    assert label.startswith("…/a/")
    assert label.endswith("/end0")


def test_three_hundred_layers() -> None:
    text = page([big(300)])
    found = Page(text)
    assert len(found.classes("layer")) == 300
    assert len(found.classes("edge")) == 301
    assert len([tag for tag, _ in found.elements if tag == "tr"]) == 301
    [svg] = [attrs for tag, attrs in found.elements if tag == "svg"]
    width, height = int(str(svg["width"])), int(str(svg["height"]))
    assert width <= 1300
    # No two layers in one place, and all inside the picture.
    boxes = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="15"', text)
    assert len(set(boxes)) == 300
    assert all(float(x) + float(w) <= width and float(y) + 15 <= height for x, y, w in boxes)


def test_nothing_comes_from_elsewhere() -> None:
    text = page([big(3)])
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
    drawing.report.layers[0].stops = [name]
    found = Page(page([drawing]))
    assert [tag for tag, _ in found.elements if tag in ("script", "img")] == ["script"]
    assert not any(key.startswith("on") for _, attrs in found.elements for key in attrs)
    if name.isprintable():
        assert name in found.texts["h1"]
    assert "\x1b" not in page([drawing])


def test_a_graph_without_layers() -> None:
    found = drawn("layer_norm_is_another_thing")
    assert "svg" not in {tag for tag, _ in found.elements}
    assert "note: no batch norm with moving statistics in this graph" in found.texts["p"]


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph, file = str(GRAPHS / "second_network_unguarded.meta"), tmp_path / "out.html"
    assert main(["graph", graph]) == 1
    said = capsys.readouterr().out
    assert main(["graph", graph, "--html", str(file)]) == 1
    assert capsys.readouterr().out == said
    assert Page(file.read_text("utf-8")).classes("rail") == ["rail", "rail"]
    assert main(["graph", graph, "--html", str(tmp_path / "none" / "out.html")]) == 2
    assert "No such file" in capsys.readouterr().err
