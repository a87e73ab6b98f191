"""From stored decisions to a candidate: the whole way, and what is said when it cannot be gone."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from django.core.management import CommandError, call_command

from intelligence.rates import RateTable
from learning.archive import read
from learning.archive.schema import LABEL
from learning.datasets.archived import MOST_CHANNELS, from_archive, readable_features
from learning.errors import BadHistory

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ROWS = 1_500


def archived(**changes):
    """Decisions of 60 days; high amounts at night are fraud, known three days later."""
    chance = np.random.default_rng(3)
    occurred = NOW.timestamp() - np.sort(chance.random(ROWS))[::-1] * 60 * 86_400
    amount, night = chance.gamma(2, 30, ROWS), chance.random(ROWS) < 0.3
    fraud = (amount > 100) & (chance.random(ROWS) < 0.4 + 0.5 * night)
    known = [datetime.fromtimestamp(at, UTC) + timedelta(days=3) for at in occurred]
    columns = {
        "transaction_id": [f"t{n}" for n in range(ROWS)],
        "vertical": ["payments", "lending"] * (ROWS // 2),
        "status": ["approved"] * ROWS,
        "occurred_at": occurred,
        "amount": amount,
        "is_night": night,
        "transaction_channel": [("web", "app")[n] for n in chance.integers(0, 2, ROWS)],
        "label_is_fraud": [bool(f) if k < NOW else None for f, k in zip(fraud, known, strict=True)],
        "label_known_at": [k if k < NOW else None for k in known],
    }
    frame = pl.DataFrame({**columns, **changes}, schema_overrides=LABEL_TYPES)
    gone = [name for name in readable_features() if name not in frame.columns]
    return frame.with_columns(pl.lit(None, pl.Float64).alias(name) for name in gone)


LABEL_TYPES = {name: LABEL[name] for name in ("label_is_fraud", "label_known_at")}


@pytest.fixture
def archive_of(monkeypatch):
    """Puts a frame in the archive's place."""

    def put(frame):
        monkeypatch.setattr(read, "scan", lambda **asked: frame.lazy())

    return put


@pytest.mark.django_db
def test_vectors_become_a_sample_with_labels_as_known(archive_of):
    archive_of(archived())
    data = from_archive(known_by=NOW)
    assert {one.name for one in data.sample.inputs} == {"transaction_channel", "amount", "is_night"}
    assert data.sample.maturity == 3 * 86_400
    assert np.isinf(data.sample.known_at).sum() > 50
    assert set(data.segments["vertical"]) == {"payments", "lending"}
    assert set(data.segments["channel"]) == {"web", "app"}


@pytest.mark.django_db
def test_a_card_tells_of_the_most_used_channels_and_the_others_together(archive_of):
    chosen = [f"c{min(n, 20)}" for n in range(ROWS)]
    archive_of(archived(transaction_channel=[None, *chosen[1:]]))
    found = from_archive(known_by=NOW).segments["channel"]
    assert len(set(found)) == MOST_CHANNELS + 2
    assert {"c20", "others", "not known"} <= set(found)


@pytest.mark.django_db
@pytest.mark.parametrize(("currencies", "ratio"), [(["NGN"], 1.0), (["NGN", "USD"], 1_500.0)])
def test_amounts_of_several_currencies_are_made_one(archive_of, monkeypatch, currencies, ratio):
    """Else a card would call 1,000 naira more to lose than 900 dollars."""
    rates = RateTable([("NGN", date(2020, 1, 1), 1_500.0)])
    monkeypatch.setattr("learning.datasets.dollars.current_rates", lambda: rates)
    archive_of(archived(amount=[90.0] * ROWS, currency=currencies * (ROWS // len(currencies))))
    amounts = from_archive(known_by=NOW).amounts
    assert amounts.max() / amounts.min() == pytest.approx(ratio)


@pytest.mark.django_db
def test_what_was_declined_and_never_labelled_is_left_out(archive_of):
    frame = archived()
    declined = frame.with_columns(
        status=pl.when(pl.col("label_is_fraud").is_null())
        .then(pl.lit("declined"))
        .otherwise("status")
    )
    archive_of(declined)
    assert len(from_archive(known_by=NOW).sample.times) == frame["label_is_fraud"].count()


@pytest.mark.django_db
def test_an_empty_archive_says_what_to_do(archive_of):
    archive_of(archived().clear())
    with pytest.raises(BadHistory, match="archive export"):
        from_archive(known_by=NOW)
    with pytest.raises(BadHistory, match="no decisions of nobody at that time; check the slug"):
        from_archive(known_by=NOW, institution="nobody")


def test_no_identifier_moment_or_output_is_read():
    names = set(readable_features())
    assert "amount" in names
    assert names.isdisjoint({"user_id", "merchant_id", "occurred_at", "total_risk_score"})


@pytest.mark.django_db
def test_the_command_registers_a_candidate(archive_of, settings, tmp_path, capsys):
    settings.MODELS_DIR = str(tmp_path / "models")
    settings.STATE_DIR = str(tmp_path)
    archive_of(archived())
    call_command("train_model", "--known-by=2026-06-01", "--seconds=0")
    assert "registered as" in capsys.readouterr().out
    from scoring.serving.models import ModelVersion

    (model,) = ModelVersion.objects.all()
    assert model.card["figures"]["average_precision"] > 0.3
    assert (tmp_path / "models" / model.version / "card.html").exists()
    assert not (tmp_path / "training").exists(), "pieces of a finished training are of no use"


@pytest.mark.django_db
def test_data_of_one_class_leave_everything_as_it_was(archive_of):
    archive_of(archived(label_is_fraud=[False] * ROWS))
    with pytest.raises(CommandError, match="Only 0 frauds"):
        call_command("train_model", "--known-by=2026-06-01")


@pytest.mark.django_db
def test_a_place_for_models_is_tried_before_the_training(settings, tmp_path):
    (tmp_path / "models").write_text("a file")
    settings.MODELS_DIR = str(tmp_path / "models")
    settings.STATE_DIR = str(tmp_path)
    with pytest.raises(CommandError, match=r"MODELS_DIR, .* cannot be written .File exists."):
        call_command("train_model")


@pytest.mark.parametrize("option", ["--maturity-days=-5", "--maturity-days=nan", "--seconds=nan"])
def test_figures_out_of_range_are_refused(option):
    with pytest.raises(CommandError, match="it must be"):
        call_command("train_model", option)
