"""Who was seen at an entity: distinct, repeated, since.

A member's *latest* sighting only ever moves forward. So a member is a chain of sightings, each
later than the one before it both in time and in arrival; one that comes late behind the latest
changes nothing. A member is present as long as the latest sighting so far lies in the window. Where
a whole window passes between two sightings, one presence ends and another starts. What is distinct,
then, is the starts recorded so far, less the ends that lie before the window.

Events that come late need two corrections, made pair by pair. An event does not know of the
sightings that are recorded after it though they lie before it: their ends do not concern it, and
the presence that they prolong has ended for it. And a late event knows of starts that lie after it,
before which the former presence has not ended yet.
"""

import polars as pl

from features.windows.declaring import Window
from features.windows.history.timeline import Timeline, changed
from features.windows.plan import Sighting


def seen(line: Timeline, asked: Sighting, complete_since: float | None) -> list[pl.Series]:
    """What is asked of the members of one kind, by position."""
    sightings = _sightings(line, asked.of)
    by_position = _spread(line, sightings.select("position", "latest", known=True))
    known, latest = by_position["known"].fill_null(value=False), by_position["latest"]
    answers = []
    for what, window in asked.asked:
        start = line.times - window.seconds
        lately = (latest > start).fill_null(value=False)
        match what:
            case "distinct":
                answer = _distinct(line, sightings, window).cast(pl.Float64)
            case "repeated":
                answer = lately.set(~known, None)
            case _:
                gap = line.times - latest
                answer = gap.set(~lately | (gap < 0).fill_null(value=False), None)
        if complete_since is not None:
            answer = answer.set(start < complete_since, None)
        answers.append(answer)
    return answers


def _spread(line: Timeline, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with a row for every position, null where it has none."""
    positions = pl.DataFrame({"position": line.positions})
    return positions.join(frame, on="position", how="left", maintain_order="left")


def _sightings(line: Timeline, member: str) -> pl.DataFrame:
    """The events that tell a member, chain by chain: where and when, the `latest` sighting before
    (null for the first), and whether this one is later and so `moves` it."""
    size = len(line.moments) + 1
    frame = pl.DataFrame(
        {
            "position": line.positions,
            "entity": line.entity,
            "member": line.members(member),
            "time": line.times,
            "moment": line.moment,
        }
    )
    frame = frame.drop_nulls("member").sort("entity", "member", maintain_order=True)
    differs = [pl.col(name).ne_missing(pl.col(name).shift()) for name in ("entity", "member")]
    chain = pl.any_horizontal(differs).cast(pl.Int64).cum_sum()
    top = (chain * size + pl.col("moment")).cum_max().shift()
    before = pl.when(top // size == chain).then(top % size)
    frame = frame.with_columns(chain=chain, before=before)
    return frame.select(
        "position",
        "entity",
        "chain",
        "time",
        "moment",
        latest=line.moments.gather(frame["before"] - 1),
        moves=pl.col("before").is_null() | (pl.col("moment") > pl.col("before")),
    )


def _distinct(line: Timeline, sightings: pl.DataFrame, window: Window) -> pl.Series:
    turns = _turns(sightings, window)
    starts = _spread(line, turns.select("position", start=pl.col("start").cast(pl.Int64)))
    running = starts["start"].fill_null(0).cum_sum()
    opening = pl.concat([pl.Series([0], dtype=pl.Int64), running]).gather(line.first)
    ends = turns.filter("end").select(line.key_of()).to_series().sort()
    before = line.key(line.rank_before(window))
    ended = ends.search_sorted(before, side="right").cast(pl.Int64)
    former = ends.search_sorted(line.key(line.moment * 0), side="right").cast(pl.Int64)
    present = running - opening - (ended - former)
    for pairs in line.pairs():
        present = changed(present, _corrections(line, turns, pairs, window))
    return present


def _turns(sightings: pl.DataFrame, window: Window) -> pl.DataFrame:
    """The sightings that move a chain on: whether a presence starts there, and ends; and the
    position of the sighting before."""
    follows = pl.col("chain") == pl.col("chain").shift()
    fresh = pl.col("latest").is_null() | (pl.col("latest") <= pl.col("time") - window.seconds)
    return (
        sightings.filter("moves")
        .with_columns(start=fresh, former=pl.when(follows).then(pl.col("position").shift()))
        .with_columns(end=pl.col("start").shift(-1, fill_value=True))
    )


def _corrections(
    line: Timeline, turns: pl.DataFrame, pairs: pl.DataFrame, window: Window
) -> pl.DataFrame:
    told = _spread(line, turns.select("position", "time", "latest", "start", "end", "former"))
    late, ahead = told[pairs["late"]], told[pairs["ahead"]]
    frame = pairs.with_columns(
        since_ahead=line.times.gather(pairs["ahead"]) - window.seconds,
        since_late=line.times.gather(pairs["late"]) - window.seconds,
        end=late["end"],
        time=late["time"],
        prolongs=~late["start"],
        former=late["former"],
        latest=late["latest"],
        restarts=ahead["start"],
        interrupted=ahead["latest"],
    )
    # Null where the event moves no chain: then nothing is to be put right.
    not_its_end = pl.col("end") & (pl.col("time") <= pl.col("since_ahead"))
    not_prolonged = (
        pl.col("prolongs")
        & (pl.col("latest") <= pl.col("since_ahead"))
        & (pl.col("former") < pl.col("ahead"))
    )
    twice = pl.col("restarts") & (pl.col("interrupted") > pl.col("since_late"))
    return pl.concat(
        [
            frame.filter(not_its_end).select(position="ahead", change=pl.lit(1, pl.Int64)),
            frame.filter(not_prolonged).select(position="ahead", change=pl.lit(-1, pl.Int64)),
            frame.filter(twice).select(position="late", change=pl.lit(-1, pl.Int64)),
        ]
    )
