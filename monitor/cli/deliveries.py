"""`deliveries`: every message, what became of it, and another try for what was given up."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.context import Opened, opened
from monitor.cli.options import ConfigOption, JsonOption, SinceOption, noun
from monitor.cli.output import Column, complain, print_json, say, table
from monitor.cli.people import meant
from monitor.core.delivery import DeliveryState
from monitor.web.wording import clock_time, count

if TYPE_CHECKING:
    from monitor.store.queries import ListedDelivery

APP = noun("The messages to the channels, and what became of them.")

MOST = 1000
_SHORT_ID = 10
ChannelOption = Annotated[
    str | None, typer.Option("--channel", metavar="NAME", help="Only those of one channel.")
]


@APP.command("list")
def list_deliveries(
    config: ConfigOption = None,
    *,
    state: Annotated[DeliveryState | None, typer.Option(help="Only those in this state.")] = None,
    channel: ChannelOption = None,
    since: SinceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List messages, the newest first.

    due: not sent yet; sent: the channel accepted it; dead: given up; withdrawn: taken back before
    it was sent, because it was no longer true or is said by a newer one.
    """
    from monitor.store.queries import deliveries  # noqa: PLC0415 - slow to import

    with opened(config) as history:
        now = history.now
        found = deliveries(
            history.store,
            state=state,
            channel=channel,
            since=None if since is None else now - since,
            limit=MOST + 1,
        )
        if channel is not None and not found:
            _check_exists(channel, history.configuration.channels)
    shown = found[:MOST]
    if len(found) > MOST:
        complain(f"Only the newest {MOST} messages are listed: narrow it down with --since.")
    if as_json:
        print_json([_json(each) for each in shown])
        return
    if not found:
        say("No messages.")
        return
    titles = ("id", "made (UTC)", "channel", "state", "alerts", "attempts", "says")
    table(
        [Column(title=title, right=title in ("alerts", "attempts")) for title in titles],
        [
            (
                each.delivery.id[:_SHORT_ID],
                clock_time(each.delivery.created_at, now),
                each.delivery.channel,
                each.delivery.state.value,
                str(each.alerts),
                str(each.delivery.attempts),
                _says(each),
            )
            for each in shown
        ],
    )


@APP.command("redeliver")
def redeliver(
    identifier: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="The message's id, or the beginning of it."),
    ] = None,
    config: ConfigOption = None,
    *,
    channel: Annotated[
        str | None,
        typer.Option("--channel", metavar="NAME", help="All that one channel was not sent."),
    ] = None,
    all_dead: Annotated[
        bool, typer.Option("--all-dead", help="All that were given up, on every channel.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Try again what was given up: by its ID, all of a --channel, or --all-dead.

    They are due again at once, with a new day of attempts; the running daemon sends them.
    """
    if sum((identifier is not None, channel is not None, all_dead)) != 1:
        raise typer.BadParameter(
            "say which: an ID, --channel NAME or --all-dead, one of them", param_hint="ID"
        )
    with opened(config) as history:
        channels = history.configuration.channels
        if identifier is not None:
            found = _dead(identifier, history, channels)
            again = history.store.redeliver(found, history.now)
        elif channel is not None:
            _check_exists(channel, channels)
            again = history.store.redeliver_channel(channel, history.now)
        else:
            again = sum(history.store.redeliver_channel(name, history.now) for name in channels)
    if as_json:
        print_json({"redelivered": again})
    elif again:
        verb = "is" if again == 1 else "are"
        say(f"{count(again, 'message')} {verb} due again: the running daemon sends what is due.")
    else:
        say("Nothing was given up: there is nothing to send again.")


def _json(each: "ListedDelivery") -> dict[str, object]:
    from monitor.web.story import delivery_json  # noqa: PLC0415 - slow to import

    return delivery_json(each.delivery) | {
        "attempts": each.delivery.attempts,
        "alerts": each.alerts,
        "alert_ids": [item.alert_id for item in each.delivery.message.items],
        "says": _heading(each),
    }


def _says(each: "ListedDelivery") -> str:
    """Return the message's title, and why it did not arrive where it did not."""
    error = each.delivery.last_error
    return _heading(each) + (f"; {error}" if error else "")


def _heading(each: "ListedDelivery") -> str:
    from monitor.core.wording import title  # noqa: PLC0415 - with the rest

    message = each.delivery.message
    return title(message) if message.items or message.rest else "(unreadable)"


def _dead(identifier: str, history: Opened, channels: Iterable[str]) -> str:
    """Return the id of the message that is meant, which was given up."""
    from monitor.store.queries import deliveries  # noqa: PLC0415 - slow to import

    given = identifier.strip().lower()
    found = deliveries(history.store, beginning=given, limit=MOST) if given else ()
    known = {one.delivery.id: one.delivery for one in found}
    delivery = known[meant(identifier, known, "message", "deliveries list")]
    if delivery.state is not DeliveryState.DEAD:
        msg = (
            f"{delivery.id} to {delivery.channel} is {delivery.state.value}: only what was given "
            "up (dead) is sent again"
        )
        raise typer.BadParameter(msg, param_hint="ID")
    _check_exists(delivery.channel, channels)
    return delivery.id


def _check_exists(channel: str, channels: Iterable[str]) -> None:
    """Refuse a channel that nobody sends on."""
    from monitor.config.names import suggestion  # noqa: PLC0415 - slow to import

    names = list(channels)
    if channel not in names:
        msg = f"no channel {channel!r} in the configuration; {suggestion(channel, names)}"
        raise typer.BadParameter(msg, param_hint="--channel")
