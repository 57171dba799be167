"""`mcgraph quality`: how good each source is, by which formula, and how that changed from load to load."""

from __future__ import annotations

import click

from mcgraph.cli.console import Console

_BARS = "▁▂▃▄▅▆▇█"


@click.command()
@click.argument("source", required=False)
@click.option("--lang", default="en", help="Language: en, fr, or a language file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(console: Console, source: str | None, lang: str, as_json: bool) -> None:
    """The quality score of a source (or of all), its parts with their weights, and its trend.

    \b
    Example:
      mcgraph quality
      mcgraph quality provider-17 --json
    """
    from mcgraph.errors import WrongUse
    from mcgraph.model.language import language
    from mcgraph.store import open_graph
    from mcgraph.submissions.quality import WEIGHTS, formula

    say = language(lang)
    with open_graph(console.store) as graph:
        events = [e for e in graph.history() if e.quality and source in (None, e.source)]
    if source and not events:
        raise WrongUse(f"there is no score of «{source}»", fix="mcgraph history lists the loads.")
    sources = list(dict.fromkeys(event.source for event in events))
    loads = {name: [event for event in events if event.source == name] for name in sources}
    if as_json:
        trend = {
            name: [{"time": e.time, "snapshot": e.snapshot, **e.quality} for e in own] for name, own in loads.items()
        }
        console.document({"formula": formula(), "weights": WEIGHTS, "sources": trend})
        return
    if not events:
        console.data(say.said("quality.none"))
        return
    for name, own in loads.items():
        last = own[-1].quality
        scores = [e.quality["score"] for e in own]
        console.data(say.said("quality.title", source=name))
        console.data(f"  {say.said('quality.score')}  {last['score']:.1f} / 100   {_trend(scores)}")
        rows = [
            [
                say.said(f"quality.{part}"),
                f"{last[part]:.1%}" if part in last else say.said("quality.unknown"),
                f"{weight}",
            ]
            for part, weight in WEIGHTS.items()
        ]
        console.table(
            [f"  {say.said('quality.share')}", "", say.said("quality.weight")], [[f"  {r[0]}", *r[1:]] for r in rows]
        )
        console.data("")
    console.data(say.said("quality.formula", formula=formula()))


def _trend(scores: list[float]) -> str:
    """The last scores as bars, with the change since the load before."""
    bars = "".join(_BARS[min(7, int(score / 100 * 8))] for score in scores[-20:])
    change = f" {scores[-1] - scores[-2]:+.1f}" if len(scores) > 1 else ""
    return bars + change
