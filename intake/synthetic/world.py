"""Puts a world together: honest people first, then the frauds among them, then the rows by time.

1. Customers are made and their days planned until there are nearly enough honest transactions.
2. Frauds are acted out, each time of the typology that lacks most, until there are enough of them;
   what fraudsters do to look honest counts as honest.
3. More customers fill the rest, so that both numbers are exact.
4. All acts are sorted by time, and only then written down, so that a row can only tell of what was.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from intake.synthetic import habits, oddities
from intake.synthetic.acts import Act, Story
from intake.synthetic.labels import truth_columns
from intake.synthetic.network import Internet
from intake.synthetic.people import Customer, Population
from intake.synthetic.randomness import Weighted, chance, stream
from intake.synthetic.records import Clerk
from intake.synthetic.settings import Settings
from intake.synthetic.trade import Economy
from intake.synthetic.typologies import TYPOLOGIES, Typology
from intake.synthetic.typologies.stage import Crew, Plot, Stage
from intake.synthetic.verticals import VERTICALS

_FIRST_PART: Final = 0.96  # of honest transactions, planned before the frauds
_PER_CUSTOMER: Final = 30  # transactions in 90 days, roughly
_FRAUDS_A_CREW: Final = 6
_STORIES: Final = 24  # at least so many frauds, where there are transactions enough

Progress = Callable[[int], None]


class Row(NamedTuple):
    """`fields` as a client sends them; `labels` what becomes known afterwards, and the truth."""

    at: float
    fields: dict[str, Any]
    labels: dict[str, Any]


class World:
    """`plan` takes the smaller part of the time, `rows` the larger."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        people = max(120, settings.count * 90 // (_PER_CUSTOMER * settings.days))
        rng = stream(settings.seed, "surroundings")
        self._internet = Internet(rng, people)
        self._economy = Economy(rng, settings, people)
        self._population = Population(settings, self._internet, self._economy)
        self._stage = Stage(settings, self._internet, self._economy, self._population)
        self._lines = Weighted({name: line.share / line.weekly for name, line in VERTICALS.items()})
        self._honest: list[Act] = []
        self._frauds: list[Act] = []

    def rows(self) -> Iterator[Row]:
        """All rows in event-time order."""
        self._plan()
        acts = self._honest + self._frauds
        # Python's sort keeps equal ones as they are: those are mixed by a draw of their own.
        ties = stream(self.settings.seed, "ties")
        acts.sort(key=lambda a: (int(a.at), ties.random()))
        clerk = Clerk(self.settings, self._internet, stream(self.settings.seed, "gaps"))
        for number, act in enumerate(acts, start=1):
            fields = clerk.row(act, number)
            yield Row(act.at, fields, truth_columns(act, self.settings))

    # --- Planning -----------------------------------------------------------------------------
    def _plan(self) -> None:
        wanted = self.settings.count - self.settings.fraud_count
        rng = stream(self.settings.seed, "population")
        for name in VERTICALS:  # nobody's line of business stays empty
            self._settle(name)
        while len(self._honest) < wanted * _FIRST_PART:
            self._settle(self._lines.pick(rng))
        self._defraud()
        while len(self._honest) < wanted:
            self._settle(self._lines.pick(rng))
        if len(self._honest) > wanted:  # leave some out, evenly
            self._honest = stream(self.settings.seed, "left out").sample(self._honest, wanted)

    def _settle(self, line: str) -> Customer:
        customer = self._population.customer(line)
        oddities.happen_to(customer, self.settings)
        self._honest.extend(habits.plan(customer, self.settings, self._economy))
        self._stage.honest.setdefault(line, []).append(customer)
        return customer

    def _defraud(self) -> None:
        wanted = self.settings.fraud_count
        rng = stream(self.settings.seed, "frauds")
        crews: list[Crew] = []
        done = {typology.name: 0.0 for typology in TYPOLOGIES}
        most = max(4, wanted // _STORIES)
        number = 0
        while len(self._frauds) < wanted:
            number += 1
            if number % _FRAUDS_A_CREW == 1:
                crews.append(self._stage.crew(stream(self.settings.seed, "crew", number)))
            typology = _due(done)
            plot = self._act_out(typology, rng.choice(crews[-5:]), number)
            frauds = _thinned(plot.fraud, min(most, wanted - len(self._frauds)))
            done[typology.name] += max(len(frauds), 0.5)
            self._frauds.extend(frauds)
            self._honest.extend(a for a in plot.cover if self._within(a))

    def _act_out(self, typology: Typology, crew: Crew, number: int) -> Plot:
        rng = stream(self.settings.seed, "fraud", number)
        line = typology.verticals.pick(rng)
        before = len(self._stage.newcomers)
        plot = typology.play(self._stage, crew, rng, line)
        for newcomer in self._stage.newcomers[before:]:
            if chance(rng, 0.5):
                oddities.happen_to(newcomer, self.settings)
        plot.fraud.sort(key=lambda a: a.at)
        plot.fraud[:] = [a for a in plot.fraud if self._within(a)]
        story = Story(number, typology.name, typology.is_reported(rng), typology.delay(rng))
        for act in plot.fraud:
            act.story = story
        return plot

    def _within(self, a: Act) -> bool:
        return self.settings.start <= a.at < self.settings.end


def _due(done: dict[str, float]) -> Typology:
    """The typology that lacks most of its share."""
    return min(TYPOLOGIES, key=lambda typology: done[typology.name] / typology.weight)


def _thinned(acts: list[Act], most: int) -> list[Act]:
    """At most so many, the first and the last among them: a shorter version of the story."""
    if len(acts) <= most:
        return acts
    if most == 1:
        return acts[:1]
    step = (len(acts) - 1) / (most - 1)
    return [acts[round(place * step)] for place in range(most)]
