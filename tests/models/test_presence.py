"""At which groups accounts were seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.presence import Presence


@given(st.dictionaries(st.sampled_from("ghijk"), st.frozensets(st.sampled_from("abcdef")), min_size=1))
def test_presence_counts_who_waits_where(groups: dict[str, frozenset[str]]) -> None:
    """For any accounts each group is counted as often as it holds one of them; a removed group leaves nothing."""
    presence = Presence()
    for name, account_ids in groups.items():
        assert all(presence.add(name, account_id) for account_id in account_ids)
        assert not any(presence.add(name, account_id) for account_id in account_ids)
    assert all(presence.at(who) == {name for name, held in groups.items() if who in held} for who in "abcdef")
    asked = frozenset("abc")
    assert presence.shared(asked) == {name: len(held & asked) for name, held in groups.items() if held & asked}
    for name, account_ids in groups.items():
        for account_id in account_ids:
            presence.remove(name, account_id)
    assert presence.shared("abcdef") == {}
