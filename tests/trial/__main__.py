"""``python -m tests.trial build/week-42 --out trial --key key.json``: pages to judge, and apart from them the key.

Replays a week that ``stillwatch simulate`` wrote, under a large budget, so that there are false pages, and writes
what an engineer on call reads of ten alerts some hours after each paged: NN-page.txt, and what each command answers
(NN-show.txt, NN-explain.txt, of a campaign NN-members.txt and NN-why.txt, NN-account-1.txt for live states). Half of
them are false; which is in the key alone. Whoever judges gets the folder and docs/runbooks.md, opens at most five
answers an alert, and says true or false. Cost: some two minutes of a core.
"""

from __future__ import annotations

import random
from pathlib import Path

import click
import msgspec

from streams.database import PostgresServer
from streams.settings import load_settings
from tests.trial.week import Case, Week


@click.command()
@click.argument("week", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--seed", default=0, show_default=True, help="Of what is chosen from it.")
@click.option("--pages", default=10, show_default=True, help="Alerts to choose, half of them false.")
@click.option("--all", "everything", is_flag=True, help="Every alert, under names that tell which is false.")
@click.option("--after-hours", default=6.0, show_default=True, help="So long after the page the commands are asked.")
@click.option("--budget", default=30.0, show_default=True, help="False pages a week allowed.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Keep it from the judge.")
def main(
    week: Path, seed: int, pages: int, everything: bool, after_hours: float, budget: float, out: Path, key: Path
) -> None:
    """Write pages to judge from WEEK, a folder of `stillwatch simulate`."""
    with PostgresServer(progress=click.echo) as server:
        detection = {"false_pages_per_week": budget}
        settings = load_settings(database_url=server.url, hash_key="a key of the trial", detection=detection)
        cases = Week(settings, week, after_hours).cases()
    chosen = cases if everything else _chosen(cases, pages, random.Random(seed))
    out.mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(chosen, 1):
        name = f"{number:02}{('-false' if case.false else '-true') if everything else ''}"
        for title, text in case.texts.items():
            (out / f"{name}-{title}.txt").write_text(text)
    answer = [
        {"number": number, "false": case.false, "kind": case.kind, "alert_id": case.alert_id, "named": case.named}
        for number, case in enumerate(chosen, 1)
    ]
    key.write_bytes(msgspec.json.format(msgspec.json.encode(answer), indent=1))
    click.echo(f"{len(cases)} pages, {sum(case.false for case in cases)} of them false; {len(chosen)} in {out}")


def _chosen(cases: list[Case], pages: int, chance: random.Random) -> list[Case]:
    """Half false, half true, in an order that says nothing."""
    picked: list[Case] = []
    for false in (True, False):
        of_kind = [case for case in cases if case.false is false]
        if len(of_kind) < pages // 2:
            raise click.ClickException(f"only {len(of_kind)} pages are {'false' if false else 'true'}; another seed")
        picked += chance.sample(of_kind, pages // 2)
    chance.shuffle(picked)
    return picked


if __name__ == "__main__":
    main()
