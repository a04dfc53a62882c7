"""The ``campaign`` commands: who belongs to a campaign, why, and operators' rulings on what belongs together."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import msgspec

from streams.commands.oncall_options import EXIT_STATUSES, alert_store, by_option, json_option, nothing, show, who


@click.group(name="campaign", epilog=EXIT_STATUSES)
def campaign_command() -> None:
    """See a campaign's members and why they are linked; merge campaigns into a case, or split one.

    A campaign is named by its id, its alert's, or the first six or more characters of either.
    """


@campaign_command.command(name="show", epilog=EXIT_STATUSES)
@click.argument("campaign")
@json_option
def show_command(campaign: str, as_json: bool) -> None:
    """Show CAMPAIGN on one screen, as `alerts show` does."""
    from streams.database.alert_queries import find_alert  # noqa: PLC0415 - `--help` needs no database
    from streams.oncall.judgement import judgement  # noqa: PLC0415
    from streams.oncall.sheet import read_sheet  # noqa: PLC0415
    from streams.oncall.tables import sheet_screen  # noqa: PLC0415

    with alert_store("campaign") as store:
        sheet = read_sheet(store, find_alert(store, campaign, kind="campaign"))
    show(sheet, as_json, lambda: sheet_screen(sheet, judgement(sheet.last_record), datetime.now(UTC)))


@campaign_command.command(name="members", epilog=EXIT_STATUSES)
@click.argument("campaign")
@click.option("--part", type=click.IntRange(min=1), help="Of that part alone, after a split.")
@click.option("--limit", type=click.IntRange(min=1), help="Those of most uses.  [default: all]")
@json_option
def members_command(campaign: str, part: int | None, limit: int | None, as_json: bool) -> None:
    """List the accounts that CAMPAIGN names, and what each did at its shared anchors."""
    from streams.database.alert_queries import find_alert  # noqa: PLC0415
    from streams.database.campaign_queries import campaign_members  # noqa: PLC0415
    from streams.oncall.tables import members_table  # noqa: PLC0415

    with alert_store("campaign") as store:
        found = campaign_members(store, find_alert(store, campaign, kind="campaign"), part, limit)
    if not found:
        nothing(as_json, "no such members")
    show(found, as_json, lambda: members_table(found))


@campaign_command.command(name="why", epilog=EXIT_STATUSES)
@click.argument("campaign")
@json_option
def why_command(campaign: str, as_json: bool) -> None:
    """Say which anchors link the accounts of CAMPAIGN, how many share each, and the evidence by signal."""
    from rich.console import Group  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from streams.database.alert_queries import find_alert  # noqa: PLC0415
    from streams.database.campaign_queries import campaign_links  # noqa: PLC0415
    from streams.oncall.tables import links_table, signals_table  # noqa: PLC0415

    with alert_store("campaign") as store:
        links = campaign_links(store, find_alert(store, campaign, kind="campaign"))
    if not links:
        nothing(as_json, "none of its anchors is stored")
    first = f"\nEvidence of {links[0].link} {links[0].anchor_key} by signal"
    show(links, as_json, lambda: Group(links_table(links), Text(first, style="bold"), signals_table(links[0])))


@campaign_command.command(name="merge", epilog=EXIT_STATUSES)
@click.argument("campaign")
@click.argument("others", nargs=-1)
@click.option("--part", type=click.IntRange(min=2), help="Instead of OTHERS: put that part of CAMPAIGN back.")
@click.option("--note", required=True, help="Why; it stays in the trail.")
@by_option
@json_option
def merge_command(
    campaign: str, others: tuple[str, ...], part: int | None, note: str, actor: str | None, as_json: bool
) -> None:
    """Treat the OTHERS as one case with CAMPAIGN.

    A ruling of people on what is one case. It is kept in the alert store with who, when and why, and changes how alerts
    are listed, shown and exported - and nothing that the detector decides: that goes on pooling, merging and paging by
    evidence alone.
    """
    from streams.database.alert_queries import find_alert  # noqa: PLC0415
    from streams.oncall.cases import merge, unsplit  # noqa: PLC0415

    if bool(others) == (part is not None):
        raise click.UsageError("give OTHERS, or --part")
    with alert_store("campaign") as store:
        alert_id = find_alert(store, campaign)
        if part is not None:
            moved = unsplit(store, alert_id, part, who(actor), note)
            said = f"part {part} is of part 1 again: {moved:,} accounts"
        else:
            joined = merge(store, alert_id, [find_alert(store, other) for other in others], who(actor), note)
            said = f"one case: {', '.join(each[:12] for each in joined)}"
    _told(said, {"case_id": alert_id, "said": said}, as_json)


@campaign_command.command(name="split", epilog=EXIT_STATUSES)
@click.argument("campaign")
@click.option("--account", "accounts", multiple=True, help="Set apart; give it again for more.")
@click.option("--from-file", "file", type=click.File(), help="Accounts to set apart, one a line; - for standard input.")
@click.option("--note", required=True, help="Why; it stays in the trail.")
@by_option
@json_option
def split_command(
    campaign: str,
    accounts: tuple[str, ...],
    file: click.utils.LazyFile | None,
    note: str,
    actor: str | None,
    as_json: bool,
) -> None:
    """Set accounts of CAMPAIGN apart as a part of its own; without any, take it out of its case.

    A ruling of people on what is one case. It is kept in the alert store with who, when and why, and changes how alerts
    are listed, shown and exported - and nothing that the detector decides: that goes on pooling, merging and paging by
    evidence alone.
    """
    from streams.database.alert_queries import find_alert  # noqa: PLC0415
    from streams.oncall.cases import leave_case, split  # noqa: PLC0415

    chosen = [*accounts, *([] if file is None else (line.strip() for line in file if line.strip()))]
    if file is not None and not chosen:
        raise click.UsageError("--from-file: names no account")
    with alert_store("campaign") as store:
        alert_id = find_alert(store, campaign)
        if chosen:
            part = split(store, alert_id, chosen, who(actor), note)
            said = f"part {part}: {len(set(chosen)):,} accounts"
        else:
            leave_case(store, alert_id, who(actor), note)
            part, said = None, f"{alert_id[:12]} is a case of its own"
    _told(said, {"alert_id": alert_id, "part": part, "said": said}, as_json)


def _told(said: str, value: dict[str, object], as_json: bool) -> None:
    click.echo(msgspec.json.encode(value) if as_json else said)
