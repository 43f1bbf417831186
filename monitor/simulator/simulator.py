"""One simulated tenant: its state, its switches, and the log of what was asked of it."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.simulator.answers import Answers
from monitor.simulator.auth import Accounts, TokenOffice
from monitor.simulator.changes import find_name, make_change
from monitor.simulator.estate import Estate
from monitor.simulator.estates import default_estate
from monitor.simulator.fates import Facts
from monitor.simulator.faults import Faults
from monitor.simulator.flow import Counters
from monitor.simulator.journal import Asking, Journal
from monitor.simulator.profiles import CLOUD, Profile
from monitor.simulator.settings import Settings
from monitor.simulator.vintage import fitted, happening
from monitor.simulator.world import World

if TYPE_CHECKING:
    from monitor.simulator.scenario import Scenario


class Simulator:
    """A tenant that lives by an injected clock.

    Switches may be used from any thread while a server runs; each takes effect at the clock's
    present instant. Names of entities are those of the estate, without regard to case. A name the
    estate does not have raises `ChangeInvalid`.

        simulator = Simulator(clock=clock.now)
        simulator.silence("svc-invoice-011")
        simulator.faults.start("throttled", on="QueueItems", retry_after=5)
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        estate: Estate | None = None,
        scenario: "Scenario | None" = None,
        settings: Settings | None = None,
        accounts: Accounts | None = None,
        profile: Profile = CLOUD,
    ) -> None:
        """Begin at the clock's present instant.

        `estate` and `settings` win over the scenario's; settings are copied. The estate, and what
        happens to it, is cut to what the profile's version knows.
        """
        self.clock = clock
        self.profile = profile
        self.accounts = accounts or Accounts()
        scripted = scenario.settings if scenario else Settings()
        self.settings = replace(settings or scripted)
        given = estate or (scenario.estate if scenario else default_estate())
        self.estate = fitted(given, profile)
        self.faults = Faults()
        self.lock = threading.RLock()
        self.journal = Journal()
        self.office = TokenOffice(self.accounts)
        self.answers = Answers()
        self._world = World(
            self.estate,
            settings=self.settings,
            faults=self.faults,
            start=clock(),
            changes=happening(scenario.changes, self.estate) if scenario else (),
            loop_s=scenario.loop_s if scenario else None,
        )

    @property
    def requests(self) -> tuple[Asking, ...]:
        """Every request so far, oldest first, without secrets."""
        with self.lock:
            return self.journal.all()

    @property
    def writes(self) -> tuple[Asking, ...]:
        """Every request that tried to change something; all were refused."""
        return tuple(asking for asking in self.requests if not asking.is_read)

    @property
    def started_at(self) -> datetime:
        """Return the instant of second 0."""
        return self._world.start

    def world(self) -> World:
        """Return the tenant as of now; hold `lock` while reading it."""
        self._world.advance(self.clock())
        return self._world

    def change(self, entity: str, values: Mapping[str, object]) -> None:
        """Let something happen now, as in a scenario: `change("queue:Invoices", {"new": 500})`.

        Raises:
            ChangeInvalid: no such entity or attribute, or a value out of range.
        """
        with self.lock:
            world = self.world()
            world.make(make_change(self.estate, entity, values, second=world.now_s))

    def session(self, robot: str) -> Facts:
        """Return what the server knows of a robot now."""
        with self.lock:
            world = self.world()
            name = find_name(self.estate, "robot", robot)
            return world.facts(self.estate.session_of_name[name])

    def queue(self, name: str) -> Counters:
        """Return a queue's counters now."""
        with self.lock:
            return self.world().flow(find_name(self.estate, "queue", name)).counters()

    def silence(self, robot: str) -> None:
        """Let a robot's heartbeats stop."""
        self.change(f"robot:{robot}", {"silent": True})

    def revive(self, robot: str) -> None:
        """Let a robot report again, the first time at once."""
        self.change(f"robot:{robot}", {"silent": False})

    def set_state(self, robot: str, state: str) -> None:
        """Fix what a robot reports (Available, Busy, Disconnected, Unknown; `auto`: in turns)."""
        self.change(f"robot:{robot}", {"state": state})

    def remove_robot(self, robot: str) -> None:
        """Let a robot's session vanish from the answers."""
        self.change(f"robot:{robot}", {"gone": True})

    def recreate_robot(self, robot: str) -> None:
        """Let a robot's session be made anew: another SessionId, and nothing else changes."""
        self.change(f"robot:{robot}", {"recreate": True})

    def silence_host(self, host: str) -> None:
        """Let the heartbeats of a host's sessions stop."""
        self.change(f"host:{host}", {"silent": True})

    def revive_host(self, host: str) -> None:
        """Let a host's sessions report again."""
        self.change(f"host:{host}", {"silent": False})

    def set_maintenance(self, host: str, *, on: bool) -> None:
        """Put a host in maintenance mode, or take it out."""
        self.change(f"host:{host}", {"maintenance": on})

    def set_queue(self, name: str, **values: float) -> None:
        """Set counters or rates of a queue, such as `new`, `arrivals` or `capacity`."""
        self.change(f"queue:{name}", values)

    def freeze_queue(self, name: str, **values: float) -> None:
        """Stop arrivals and work, so that the counters stay as they are (or as given)."""
        self.change(f"queue:{name}", {"arrivals": 0, "capacity": 0, **values})

    def set_license(self, type_: str, **seats: int | None) -> None:
        """Set `used` or `allowed` of a license type; None leaves the key out of the answer."""
        self.change(f"license:{type_}", seats)

    def set_expiry(self, *, days: float) -> None:
        """Let the licenses expire in this many days (negative: they did)."""
        self.change("tenant", {"days_to_expiry": days})

    def remove_folder(self, path: str, *, still_listed: bool = False) -> None:
        """Remove a folder; `still_listed`: it went between the list and the next call."""
        self.change(f"folder:{path}", {"refused" if still_listed else "gone": True})

    def expire_tokens(self) -> None:
        """Let every token issued so far expire; the personal access token is not one of them."""
        self.change("tenant", {"expire_tokens": True})

    def reject_credentials(self, *, on: bool = True) -> None:
        """Refuse every sign-in and the personal access token, as after a rotation of secrets."""
        self.change("tenant", {"reject_credentials": on})
