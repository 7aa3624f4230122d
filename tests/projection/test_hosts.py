from projection.hosts import NO_HOST, host_of, hosts_for
from tests.projection.rigs import H100, M2_ULTRA, RTX_4090


def test_cards_at_home_share_a_box_in_pairs() -> None:
    assert [hosts_for(RTX_4090, units) for units in (1, 2, 3, 4)] == [1, 1, 2, 2]
    assert host_of(RTX_4090).usd > 0


def test_a_mac_is_bought_whole() -> None:
    assert host_of(M2_ULTRA) is NO_HOST
    assert host_of(M2_ULTRA).usd == 0


def test_each_card_of_a_large_machine_pays_its_share_of_it() -> None:
    assert hosts_for(H100, 8) == 8
