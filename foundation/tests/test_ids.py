from foundation.ids import uuid7


def test_a_key_says_its_version_and_variant():
    key = uuid7()
    assert key.version == 7
    assert key.variant == "specified in RFC 4122"


def test_keys_sort_by_the_time_they_were_made(monkeypatch):
    keys = []
    for nanoseconds in (
        1_700_000_000_000_000_000,
        1_700_000_000_000_000_250,
        1_700_000_001 * 10**9,
    ):
        monkeypatch.setattr("time.time_ns", lambda now=nanoseconds: now)
        keys.append(uuid7())
    assert keys == sorted(keys)
    assert keys[0].int >> 80 == 1_700_000_000_000


def test_ten_thousand_keys_differ():
    assert len({uuid7() for _ in range(10_000)}) == 10_000
