"""Which groups make one campaign, and whom it names."""

import msgspec
import pytest

from models.campaign import JOINED_NATS, CampaignBook
from models.candidate import GroupCandidate, LinkLabel, Member
from models.detection import DetectionSettings
from models.membership import Group

THRESHOLD_NATS = 13.8
DAY_MS = 24 * 3_600_000

#: A millionth of one false page a week: ``ln(1e6)`` is about ``THRESHOLD_NATS``.
BUDGET_SHARE = 1e-6
SETTINGS = DetectionSettings()
JOINED = SETTINGS.candidate_bar_nats + JOINED_NATS


def members(first: int, last: int, *, uses: int = 6, event_count: int = 8) -> list[Member]:
    """Members ``first <= n < last``, alike but for their names."""
    return [Member(f"h{n:03}", uses, event_count, 100 * uses, 1_000 + n, 2_000 + n) for n in range(first, last)]


def group(
    key: str, seen: list[Member], nats: float = 20.0, ms: int = 59_999, link: LinkLabel = "shell"
) -> GroupCandidate:
    """Make a candidate of these members."""
    return GroupCandidate(
        key=key,
        link=link,
        effective_ms=ms,
        position=ms,
        evidence_nats=nats,
        signals=[],
        members=seen,
        account_count=len(seen),
        event_count=sum(member.uses for member in seen),
        member_event_count=sum(member.event_count for member in seen),
        output_tokens=0,
        budget_share=BUDGET_SHARE,
    )


def observed(book: CampaignBook, candidate: GroupCandidate) -> tuple[str, Group]:
    """Observe a candidate as the decision does: a group gets its threshold, and joins what it can."""
    name, held = book.observe(candidate)
    if held.campaign_id is None:
        held.own_nats = held.threshold_nats = THRESHOLD_NATS
        for campaign_id in book.joinable(held)[:1]:
            book.join(name, held, campaign_id, JOINED)
    return name, held


def founded(seen: list[Member]) -> tuple[CampaignBook, str]:
    """Make a book with one campaign of these members."""
    book = CampaignBook(SETTINGS)
    name, held = observed(book, group("01", seen))
    campaign_id = book.found(name, held)
    assert campaign_id is not None
    book.name_members(campaign_id, held)
    return book, campaign_id


def test_the_entity_follows_from_key_and_first_time() -> None:
    """The same founding group at the same time gives the same campaign; another time gives another."""
    ids = []
    for ms in (59_999, 59_999, 119_999):
        book = CampaignBook(SETTINGS)
        ids.append(book.found(*observed(book, group("01", members(0, 10), ms=ms))))
    assert ids[0] == ids[1] != ids[2]


def test_a_group_below_the_threshold_founds_nothing() -> None:
    """Evidence below the threshold, or too few accounts that may be named, found no campaign."""
    for candidate in (
        group("01", members(0, 10), nats=13.7),
        group("01", members(0, SETTINGS.group_min_accounts - 1)),
        group("01", members(0, 30, uses=2, event_count=100)),
    ):
        book = CampaignBook(SETTINGS)
        assert book.found(*observed(book, candidate)) is None


def test_a_group_that_speaks_for_others_needs_accounts_to_name() -> None:
    """Together with others it founds below its own threshold, but with too few accounts nothing of it changes."""
    book = CampaignBook(SETTINGS)
    name, few = observed(book, group("01", members(0, 3), 8.0))
    assert book.found(name, few, together=True) is None
    assert (few.campaign_id, few.own_nats, few.threshold_nats) == (None, THRESHOLD_NATS, THRESHOLD_NATS)
    name, enough = observed(book, group("02", members(10, 20), 8.0))
    assert book.found(name, enough) is None
    assert book.found(name, enough, together=True) == enough.campaign_id
    assert (enough.own_nats, enough.passes) == (8.0, True)


def test_half_of_the_smaller_set_joins() -> None:
    """A group that shares half of the smaller set extends the campaign; one that shares less does not."""
    book, campaign_id = founded(members(0, 20))
    _, joined = observed(book, group("02", members(10, 30)))
    _, apart = observed(book, group("03", members(15, 35)))
    assert joined.campaign_id == campaign_id
    assert apart.campaign_id is None


def test_a_third_joins_where_the_evidence_is_that_of_another_wording() -> None:
    """A group that looks like a campaign's by itself needs less in common than one that might be a crowd."""
    book, campaign_id = founded(members(0, 20))
    _, likely = observed(book, group("02", members(14, 32), nats=JOINED))
    _, crowd = observed(book, group("03", members(14, 32), nats=JOINED - 0.1))
    _, apart = observed(book, group("04", members(15, 32), nats=JOINED))
    assert [held.campaign_id for held in (likely, crowd, apart)] == [campaign_id, None, None]


def test_where_every_account_has_its_own_wording_no_anchor_has_to_be_wide() -> None:
    """Of a campaign whose anchors are all narrow, who comes to one of the widest is named; at narrower ones nobody."""
    book, campaign_id = founded(members(0, 12))
    for first in (8, 16, 24, 32):
        _, held = observed(book, group(f"{first:02}", members(first, first + 12)))
        book.name_members(campaign_id, held)
    assert len(book.campaigns[campaign_id].members) == 44
    _, narrow = observed(book, group("90", members(0, 6)))
    assert book.name_members(campaign_id, narrow).new == []
    _, narrow = observed(book, group("90", members(60, 61)))
    assert book.name_members(campaign_id, narrow).new == []
    _, widest = observed(book, group("16", members(61, 62)))
    assert book.name_members(campaign_id, widest).new == ["h061"]


def test_a_few_common_accounts_do_not_join() -> None:
    """Overlap of a tiny set proves nothing: half of ``group_min_accounts`` is needed."""
    book, _ = founded(members(0, 20))
    _, tiny = observed(book, group("02", members(0, SETTINGS.group_min_accounts // 2 - 1)))
    assert tiny.campaign_id is None


def test_the_campaign_with_most_in_common_is_extended() -> None:
    """Between two open campaigns, the one that shares more accounts wins."""
    book, first = founded(members(0, 20))
    name, held = observed(book, group("02", members(100, 120)))
    second = book.found(name, held)
    assert second is not None
    book.name_members(second, held)
    _, joined = observed(book, group("03", members(14, 20) + members(100, 108)))
    assert joined.campaign_id == second != first


def test_a_weak_group_joins_but_names_nobody_until_it_passes() -> None:
    """A crowded address around a campaign is a link; its other accounts are named only once its own evidence passes."""
    book, campaign_id = founded(members(0, 20))
    _, crowd = observed(book, group("02", members(0, 45), nats=JOINED - 0.1))
    assert crowd.campaign_id == campaign_id
    assert not crowd.passes
    assert len(book.campaigns[campaign_id].members) == 20
    _, crowd = observed(book, group("02", [], nats=JOINED))
    assert crowd.passes
    assert len(book.name_members(campaign_id, crowd).new) == 25


@pytest.mark.parametrize(("named", "last", "new"), [(20, 200, 0), (20, 50, 0), (20, 49, 29), (40, 79, 39)])
def test_a_large_crowd_around_a_campaign_is_not_named(named: int, last: int, new: int) -> None:
    """A phrase of fifty or more that the campaign uses too names nobody while less than half of them are named."""
    book, campaign_id = founded(members(0, named))
    _, crowd = observed(book, group("02", members(0, last), nats=JOINED + 1.0))
    assert crowd.campaign_id == campaign_id
    assert crowd.passes
    assert len(book.name_members(campaign_id, crowd).new) == new


def test_members_are_named_by_uses_and_share() -> None:
    """Two uses among some dozens of requests name an account of a shell group; two among a hundred do not."""
    book, campaign_id = founded(members(0, 20))
    seen = members(20, 21, uses=2, event_count=40) + members(21, 22, uses=2, event_count=100)
    seen += members(22, 23, uses=9, event_count=700) + members(23, 24, uses=9, event_count=900)
    _, held = observed(book, group("01", seen))
    assert book.name_members(campaign_id, held).new == ["h020", "h022"]


def test_a_payment_names_from_more_uses_on() -> None:
    """Every request carries its payment, so an account must show more different content to be named for it."""
    book, campaign_id = founded(members(0, 20))
    _, held = observed(book, group("09", members(0, 25, uses=5) + members(25, 30, uses=6), link="payment"))
    assert held.campaign_id == campaign_id
    assert book.name_members(campaign_id, held).new == [f"h{n:03}" for n in range(25, 30)]


def test_counts_are_not_doubled_by_a_second_anchor() -> None:
    """A member seen at two anchors counts with its most uses at any one."""
    book, campaign_id = founded(members(0, 10, uses=6, event_count=8))
    _, held = observed(book, group("02", members(0, 10, uses=4, event_count=9)))
    naming = book.name_members(campaign_id, held)
    assert (naming.uses, naming.event_count, naming.output_tokens) == (0, 10, 0)


def test_a_closed_campaign_leaves_nothing_behind() -> None:
    """Groups and members go with their campaign; other campaigns of the same account stay."""
    book, campaign_id = founded(members(0, 10))
    other = book.found(*observed(book, group("02", members(8, 30))))
    assert other is not None
    book.name_members(other, book.groups["shell:02"])
    book.close(campaign_id)
    assert set(book.groups) == {"shell:02"}
    assert set(book.campaigns) == {other}
    assert observed(book, group("03", members(8, 30)))[1].campaign_id == other


def test_who_shares_only_the_crowd_around_a_campaign_stays_unnamed() -> None:
    """A joined group that was not paged for itself names accounts that are seen at another of the anchors, too."""
    book, campaign_id = founded(members(0, 20))
    _, office = observed(book, group("09", members(0, 40), nats=JOINED, link="address"))
    assert office.campaign_id == campaign_id
    assert book.name_members(campaign_id, office).new == []
    assert sorted(office.waiting) == [f"h{n:03}" for n in range(20, 40)]
    _, faint = observed(book, group("02", members(10, 25, uses=3, event_count=60), nats=JOINED))
    assert faint.campaign_id == campaign_id
    assert book.name_members(campaign_id, faint).new == [f"h{n:03}" for n in range(20, 25)]


def test_a_group_paged_for_itself_needs_no_second_anchor() -> None:
    """Its own evidence reached what its share of the budget asks for, so its members are named as in any page."""
    book, campaign_id = founded(members(0, 20))
    _, held = observed(book, group("09", members(0, 40), nats=THRESHOLD_NATS, link="payment"))
    assert len(book.name_members(campaign_id, held).new) == 20
    assert held.waiting == {}


def test_what_most_of_a_campaign_shares_names_without_evidence() -> None:
    """At anchors that a campaign has to itself, it takes three of them to name an account, or two that fill a tenth."""
    book, campaign_id = founded(members(0, 20))
    named = []
    for key, last in (("02", 24), ("03", 23), ("04", 22)):
        seen = members(0, 20) + members(20, 23, uses=3, event_count=60) + members(23, 24)
        _, held = observed(book, group(key, [*seen[: last - 1], seen[-1]], nats=SETTINGS.candidate_bar_nats))
        assert held.campaign_id == campaign_id
        named.append(book.name_members(campaign_id, held).new)
    assert named == [[], ["h023"], ["h020"]]
    assert sorted(held.waiting) == []
    assert set(held.named) == {f"h{n:03}" for n in (*range(21), 23)}


def test_a_crowd_larger_than_the_campaign_is_not_core() -> None:
    """Where strangers outnumber the named, a group without evidence names nobody, whatever else they share."""
    book, campaign_id = founded(members(0, 20))
    for key in ("02", "03", "04"):
        _, held = observed(book, group(key, members(0, 41), nats=SETTINGS.candidate_bar_nats))
        assert held.campaign_id == campaign_id
        assert book.name_members(campaign_id, held).new == []


def test_a_stranger_at_a_corner_of_a_campaign_is_not_named() -> None:
    """Who comes alone to an anchor of a few members is named only once seen where a good part of the campaign is."""
    book, campaign_id = founded(members(0, 30))
    _, corner = observed(book, group("02", members(0, 6)))
    assert book.name_members(campaign_id, corner).new == []
    _, corner = observed(book, group("02", members(40, 41)))
    assert book.name_members(campaign_id, corner).new == []
    _, wide = observed(book, group("01", members(40, 41)))
    assert book.name_members(campaign_id, wide).new == ["h040"]


def test_a_few_strangers_at_a_corner_are_not_named() -> None:
    """At an anchor of unusually few members, half of whom are named, newcomers wait to be seen at a usual one."""
    book, campaign_id = founded(members(0, 30))
    _, corner = observed(book, group("02", members(0, 8)))
    book.name_members(campaign_id, corner)
    _, corner = observed(book, group("02", members(40, 45)))
    assert book.name_members(campaign_id, corner).new == []
    assert sorted(corner.waiting) == [f"h{n:03}" for n in range(40, 45)]
    _, usual = observed(book, group("01", members(40, 41)))
    assert book.name_members(campaign_id, usual).new == ["h040"]


def test_a_crew_of_its_own_is_named_at_its_own_anchor() -> None:
    """Many who come at once are no strangers at a corner: another template of the same campaign looks like that."""
    book, campaign_id = founded(members(0, 30))
    _, held = observed(book, group("02", members(25, 36)))
    assert len(book.name_members(campaign_id, held).new) == 6


@pytest.mark.parametrize(
    ("first", "last", "paid_ms", "named"),
    [
        (28, 32, DAY_MS, 2),
        (28, 33, DAY_MS, 0),  # most who pay so are strangers
        (29, 31, DAY_MS, 0),  # one member proves nothing
        (28, 32, DAY_MS - 1, 0),  # too new to have shown anything
    ],
)
def test_who_pays_with_a_campaign_is_named(first: int, last: int, paid_ms: int, named: int) -> None:
    """Of a campaign of the accounts below 30, half of those who pay alike, two or more, name who came a day before."""
    book, campaign_id = founded(members(0, 30))
    seen = [msgspec.structs.replace(member, first_seen_ms=1_000) for member in members(first, last, uses=8)]
    name, held = observed(book, group("02", seen, nats=0.0, link="payment", ms=1_000 + paid_ms))
    if held.campaign_id is None:
        book.join(name, held, campaign_id, JOINED)
    assert len(book.name_members(campaign_id, held).new) == named


def test_an_account_devoted_to_another_template_brings_its_group_in() -> None:
    """A small group joins the campaign of an account that gives it a good part of its requests; a crowd does not."""
    book, campaign_id = founded(members(0, 20))
    _, passing = observed(book, group("02", members(19, 27), nats=JOINED))
    _, crowd = observed(book, group("03", members(19, 60, uses=12, event_count=24), nats=JOINED))
    assert (passing.campaign_id, crowd.campaign_id) == (None, None)
    _, devoted = observed(book, group("04", members(19, 27, uses=12, event_count=24), nats=JOINED))
    assert devoted.campaign_id == campaign_id
    assert book.name_members(campaign_id, devoted).new == [f"h{n:03}" for n in range(20, 27)]


def test_small_groups_that_share_a_devoted_account_are_alike() -> None:
    """Pieces of one campaign are judged together; of a crowd, or by an account that drops in, nothing follows."""
    book = CampaignBook(SETTINGS)
    for key, first, last, uses in (("01", 0, 7, 12), ("02", 6, 13, 12), ("03", 12, 20, 2), ("04", 6, 60, 12)):
        observed(book, group(key, members(first, last, uses=uses, event_count=24), nats=5.0))
    assert book.alike("shell:01") == ["shell:01", "shell:02"]
    assert "shell:03" not in book.alike("shell:02")


def test_accounts_spared_are_not_named() -> None:
    """What a verdict said of accounts holds in every campaign."""
    book, campaign_id = founded(members(0, 10))
    _, held = observed(book, group("02", members(0, 14)))
    assert book.name_members(campaign_id, held, ["h012"]).new == ["h010", "h011", "h013"]


def two_campaigns() -> tuple[CampaignBook, str, str]:
    """Make two campaigns of twenty members each, which share four."""
    book, first = founded(members(0, 20))
    name, held = observed(book, group("02", members(16, 36)))
    second = book.found(name, held)
    assert second is not None
    book.name_members(second, held)
    return book, first, second


def test_campaigns_become_the_same_by_their_members() -> None:
    """Half of the smaller campaign makes two one, by whichever group the members were named."""
    book, first, second = two_campaigns()
    assert (book.same_as(first), book.same_as(second)) == (None, None)
    _, held = observed(book, group("01", members(20, 26)))
    book.name_members(first, held)
    assert (book.same_as(first), book.same_as(second)) == (second, first)


def test_a_merge_moves_everything_and_names_nobody_twice() -> None:
    """Groups and members move over; what the older gains are the members that it did not have."""
    book, first, second = two_campaigns()
    was, naming = book.merge(first, second)
    assert was.groups == {"shell:02"}
    assert naming.new == [f"h{n:03}" for n in range(20, 36)]
    assert (naming.uses, naming.event_count) == (16 * 6, 16 * 8)
    assert {held.campaign_id for held in book.groups.values()} == {first}
    assert book.names("h016") == book.names("h030") == [first]
    assert set(book.campaigns) == {first}
    assert book.campaigns[first].shared == {}


def paid_alike(book: CampaignBook, cards: int) -> None:
    """Let accounts of both of ``two_campaigns`` pay by so many means, four of one and two of the other each."""
    for card in range(cards):
        payers = members(4 * card, 4 * card + 4) + members(20 + 2 * card, 22 + 2 * card)
        observed(book, group(f"c{card}", payers, 0.0, link="payment"))


@pytest.mark.parametrize("cards", [3, 4])
def test_campaigns_become_the_same_by_who_pays_for_them(cards: int) -> None:
    """Four means of payment in common make one campaign of two, three do not; a restored book knows it too."""
    book, first, second = two_campaigns()
    paid_alike(book, cards)
    again = CampaignBook(SETTINGS)
    triples = [(name, who, seen) for name, held in book.campaigns.items() for who, seen in held.members.items()]
    again.restore(book.groups.values(), triples)
    same = (second, first) if cards >= 4 else (None, None)
    assert (book.same_as(first), book.same_as(second)) == same
    assert (again.same_as(first), again.same_as(second)) == same


def test_what_paid_for_a_campaign_is_forgotten_with_it() -> None:
    """After a merge the campaigns are one, and nothing of the younger is left; a closed one has nothing in common."""
    book, first, second = two_campaigns()
    paid_alike(book, 5)
    book.merge(first, second)
    assert book.same_as(first) is None
    assert all(book.names(seen.account_id) == [first] for seen in members(0, 36))
    other, third, fourth = two_campaigns()
    paid_alike(other, 5)
    other.close(third)
    assert other.same_as(fourth) is None


def test_a_group_that_weakened_only_tells_who_is_new() -> None:
    """Below the low bar the evidence of a shell stays as it was told before, and its new accounts wait to be named."""
    book, _ = founded(members(0, 20))
    weak = group("01", members(20, 23), 2.9)
    assert book.is_weak(weak)
    assert not book.is_weak(group("c1", members(0, 3), 0.0, link="payment"))
    _, held = book.observe(weak)
    assert (held.evidence_nats, held.peak_nats) == (20.0, 20.0)
    assert sorted(held.waiting) == ["h020", "h021", "h022"]


def test_a_crowd_around_two_campaigns_does_not_make_them_one() -> None:
    """A group bridges campaigns if it passes and most of whom it would name belong to them; a crowd does not."""
    book, first, second = two_campaigns()
    for number, (seen, expected) in enumerate([(members(0, 36), [first, second]), (members(0, 90), [])]):
        name, held = book.observe(group(f"1{number}", seen))
        held.own_nats = held.threshold_nats = THRESHOLD_NATS
        joinable = book.joinable(held)
        assert sorted(joinable) == sorted([first, second])
        assert sorted(book.bridged(held, joinable)) == sorted(expected)
        held.threshold_nats = held.evidence_nats + 1
        assert book.bridged(held, joinable) == []
        del book.groups[name]


def test_a_restored_book_knows_what_campaigns_share() -> None:
    """Counts of shared members are rebuilt from the members."""
    book, first, second = two_campaigns()
    again = CampaignBook(SETTINGS)
    triples = [
        (name, account_id, member)
        for name, campaign in book.campaigns.items()
        for account_id, member in campaign.members.items()
    ]
    again.restore(book.groups.values(), triples)
    assert again.campaigns[first].shared == {second: 4}
    assert again.campaigns == book.campaigns
