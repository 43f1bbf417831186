"""Decides who is told what now: a pure function of alerts, mutes, what was told, and the time.

Each channel knows what it was last told of each alert. Where that differs from the truth and
nothing mutes the alert, the difference becomes part of a message of its group, as soon as the
route says. Nothing is kept but the alerts themselves: every wait follows from what they carry, so
a restart changes nothing and a second look at the same instant tells nothing twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.core.alert import Alert, AlertEvent, AlertKey
from monitor.core.compose import Facts, Parcel, write
from monitor.core.delivery import Delivery
from monitor.core.group import Group
from monitor.core.kinds import CHANNEL
from monitor.core.mute import People
from monitor.core.plan import Plan
from monitor.core.post import Post, is_failing, taken_back
from monitor.core.routing import Known, Listener, Route, listeners
from monitor.core.situation import Situation, Transitions, assess
from monitor.core.told import HEARD, Saying
from monitor.core.truth import difference, truth_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What one look decided: alerts that changed, the events of it, messages made and taken back.

    `spent_until` is the new state of the channels' paces; `next_at` is when to look again if
    nothing happens until then.
    """

    alerts: tuple[Alert, ...] = ()
    events: tuple[AlertEvent, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    withdrawn: tuple[str, ...] = ()
    spent_until: Mapping[str, datetime] = field(default_factory=dict)
    next_at: datetime | None = None


def notify(
    alerts: Mapping[AlertKey, Alert],
    *,
    plan: Plan,
    people: People,
    post: Post,
    transitions: Transitions,
    now: datetime,
    started_at: datetime,
) -> Notice:
    """Look at all open alerts, and at those that ended while somebody still believes in them.

    `transitions` are the recent openings and recoveries of each alert, `started_at` is when the
    monitor began to watch.
    """
    situation = assess(alerts, plan, people, transitions, now)
    look = _Look(
        plan=plan,
        post=post,
        now=now,
        started_at=started_at,
        situation=situation,
        alerts=situation.alerts,
        events=situation.events,
        instants=situation.instants,
    )
    look.take_back()
    for channel in plan.channels:
        look.tell(channel)
    return Notice(
        alerts=tuple(alert for key, alert in look.alerts.items() if alert is not alerts[key]),
        events=tuple(look.events),
        deliveries=tuple(look.deliveries),
        withdrawn=tuple(look.withdrawn),
        spent_until=look.spent_until,
        next_at=min((at for at in look.instants if at > now), default=None),
    )


GroupKey = tuple[str, tuple[str, ...]]


@dataclass(slots=True, kw_only=True)
class _Look:
    plan: Plan
    post: Post
    now: datetime
    started_at: datetime
    situation: Situation
    alerts: dict[AlertKey, Alert]
    events: list[AlertEvent]
    instants: list[datetime]
    deliveries: list[Delivery] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    spent_until: dict[str, datetime] = field(default_factory=dict)
    listening: dict[str, list[tuple[AlertKey, Listener]]] = field(default_factory=dict)
    on_the_way: dict[str, list[Delivery]] = field(default_factory=dict)
    replaced: dict[str, list[Delivery]] = field(default_factory=dict)

    def take_back(self) -> None:
        """Take back what is on its way and should be said anew, until that changes nothing more.

        What one channel has not heard after all may mean that another need not hear of it.
        """
        for delivery in self.post.undelivered.values():
            self.on_the_way.setdefault(delivery.channel, []).append(delivery)
        is_settled = False
        while not is_settled:
            self._gather()
            is_settled = True
            for channel in self.plan.channels:
                waiting = self._withdrawable(channel)
                if waiting and self._is_outdated(channel, waiting):
                    self._withdraw(channel, waiting)
                    is_settled = False

    def tell(self, channel: str) -> None:
        """Make the messages that are due on a channel."""
        due = self._due(channel)
        if not due:
            return
        pace, spent = self.plan.channels[channel], self._spent(channel)
        left = pace.left(spent, self.now)
        if not left:
            self.instants.append(pace.free_at(spent, self.now))
            return
        instead_of = self.replaced.get(channel, [])
        waiting = self.on_the_way.get(channel, [])
        # One for all where a message a group is too many, or where none gets through.
        is_digest = len(due) > left or any(map(is_failing, (*instead_of, *waiting)))
        facts = Facts(rules=self.plan.rules, affected=self.situation.affected)
        for parcels in [due] if is_digest else _by_message(due):
            written = write(channel, parcels, facts, self.now, instead_of)
            self.deliveries.append(written.delivery)
            self.alerts.update((alert.key, alert) for alert in written.alerts)
            self.spent_until[channel] = pace.spent(self._spent(channel), self.now)
            self._note_escalations(written.alerts)
        for parcel in due:
            again_at = parcel.group.after(self.alerts).reminder_at(self.now, self.started_at)
            self.instants += [] if again_at is None else [again_at]

    def _note_escalations(self, alerts: Sequence[Alert]) -> None:
        """Note when others will hear of what was just told."""
        if not any(route.escalate for route in self.plan.routes):
            return
        for alert in alerts:
            routes = self.situation.routes[alert.key]
            _, upcoming = listeners(routes, _known_at(alert), self.now)
            self.instants += [] if upcoming is None else [upcoming]

    def _gather(self) -> None:
        """Find out which channel is to hear of which alerts."""
        self.listening.clear()
        for key, alert in list(self.alerts.items()):
            for listener in self._listeners(key, alert):
                self.listening.setdefault(listener.channel, []).append((key, listener))

    def _withdrawable(self, channel: str) -> list[Delivery]:
        waiting = self.on_the_way.get(channel, ())
        return [one for one in waiting if self.post.can_be_withdrawn(one)]

    def _due(self, channel: str) -> list[Parcel]:
        """Return what is to be told now, and note when the rest will be."""
        due = []
        for group in self._groups(channel):
            differences = group.differences()
            at = group.due(differences, self.now)
            reminder_at = group.reminder_at(self.now, self.started_at)
            is_reminder = reminder_at is not None and reminder_at <= self.now
            if is_reminder or (at is not None and at <= self.now):
                due.append(Parcel(group=group, differences=differences, is_reminder=is_reminder))
            else:
                self.instants += [instant for instant in (at, reminder_at) if instant is not None]
        return due

    def _groups(self, channel: str) -> list[Group]:
        groups: dict[GroupKey, Group] = {}
        for key, listener in self.listening.get(channel, ()):
            if self.situation.is_muted(key, listener.route):
                continue
            route = listener.route
            labels = route.group(self.situation.labels[key])
            group = groups.get((route.name, labels))
            if group is None:
                group = groups[route.name, labels] = Group(
                    channel=channel, route=route, labels=labels
                )
            group.members.append((self.alerts[key], listener))
        return list(groups.values())

    def _listeners(self, key: AlertKey, alert: Alert) -> Iterator[Listener]:
        """Return who is to hear of an alert: of an end only those that heard of a beginning."""
        heard = {c: told for c, told in alert.told.items() if told.saying in HEARD}
        found, upcoming = listeners(self.situation.routes[key], _known_at(alert), self.now)
        if alert.subject.kind == CHANNEL.name:
            found = self._others(alert.subject.key, found)
        if truth_of(alert) is not Saying.ENDED:
            if upcoming is not None:
                self.instants.append(upcoming)
            yield from found
            return
        routes = {route.name: route for route in self.situation.routes[key]}
        for channel, told in heard.items():
            # The way by which it heard of the beginning; an escalation may lead there no more.
            default = Route(channels=(channel,), name=told.route)
            listener = Listener(channel=channel, route=routes.get(told.route, default))
            if listener.route.send_resolved:
                yield listener
            else:
                ended = replace(told, saying=Saying.ENDED)
                self.alerts[key] = alert = replace(alert, told={**alert.told, channel: ended})

    def _others(self, failing: str, found: Sequence[Listener]) -> tuple[Listener, ...]:
        """Return who hears that a channel fails: not that channel, and somebody if possible."""
        others = tuple(one for one in found if one.channel != failing)
        if others:
            return others
        rest = tuple(channel for channel in self.plan.channels if channel != failing)
        route = Route(channels=rest, name="the other channels")
        return tuple(Listener(channel=channel, route=route) for channel in rest)

    def _is_outdated(self, channel: str, waiting: Sequence[Delivery]) -> bool:
        """Tell whether what is on its way should be said anew.

        That is so when it is no longer true, or must not be told now; and when the channel does
        not take messages and there is more to say: then it hears all of it at once.
        """
        if any(map(is_failing, waiting)) and self._due(channel):
            return True
        wanted = {alert_id for delivery in waiting for alert_id in delivery.about}
        if not wanted:
            return False
        ids = {delivery.id for delivery in waiting}
        hearing = dict(self.listening.get(channel, ()))
        for key, alert in self.alerts.items():
            if alert.id not in wanted:
                continue
            told, listener = alert.told.get(channel), hearing.get(key)
            is_ours = told is not None and told.delivery in ids
            if listener is None:
                continue
            if self.situation.is_muted(key, listener.route):
                if is_ours:
                    return True
            elif difference(alert, listener) is not None:
                return True
        return False

    def _withdraw(self, channel: str, deliveries: Sequence[Delivery]) -> None:
        """Take deliveries back, the newest first: each restores what was told before it."""
        pace = self.plan.channels[channel]
        for delivery in reversed(deliveries):
            about = set(delivery.about)
            for key, alert in self.alerts.items():
                if alert.id in about:
                    self.alerts[key] = taken_back(alert, delivery)
            self.on_the_way[channel].remove(delivery)
            self.withdrawn.append(delivery.id)
            self.spent_until[channel] = pace.refunded(self._spent(channel), self.now)
        self.replaced.setdefault(channel, []).extend(deliveries)

    def _spent(self, channel: str) -> datetime | None:
        """Return the state of a channel's pace; what no pace of today allows is cut off for good.

        Else a channel that was given more room, or a clock that was set back, would wait for what
        counts no longer.
        """
        spent = self.spent_until.get(channel, self.post.spent_until.get(channel))
        fullest = self.plan.channels[channel].fullest(self.now)
        if spent is not None and spent > fullest:
            spent = self.spent_until[channel] = fullest
        return spent


def _known_at(alert: Alert) -> Known:
    """Return since when a problem could be told, and when anybody first heard of it.

    What was heard of it before it was over, and opened again, counts from then.
    """
    begun = alert.opened_at or alert.updated_at
    heard = (max(told.first_at, begun) for told in alert.told.values() if told.saying in HEARD)
    return Known(since=max(begun, alert.unmuted_at or begun), told_at=min(heard, default=None))


def _by_message(due: Sequence[Parcel]) -> list[list[Parcel]]:
    """Return what goes into one message each: a group, or all that is due of a digest."""
    messages: list[list[Parcel]] = []
    digests: dict[str, list[Parcel]] = {}
    for parcel in due:
        route = parcel.group.route
        if parcel.group.digest is None:
            messages.append([parcel])
        elif route.name in digests:
            digests[route.name].append(parcel)
        else:
            messages.append(digests.setdefault(route.name, [parcel]))
    return messages
