"""Against numpy's own, to the last bit."""

import numpy as np
import pytest

from projection.quantiles import quantiles_of

SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)


@pytest.mark.parametrize("paths", [1, 2, 3, 7, 100, 101, 2000])
def test_quantiles_are_numpys_whatever_the_number_of_paths_and_their_order_in_memory(paths: int) -> None:
    drawn = np.random.default_rng(paths).standard_normal((paths, 5))
    for told in (drawn, np.asfortranarray(drawn), drawn[:, 0]):
        assert np.array_equal(quantiles_of(told, SHARES), np.quantile(told, SHARES, axis=0))


def test_the_paths_themselves_are_left_in_their_order() -> None:
    paths = np.array([[3.0], [1.0], [2.0]], order="F")
    assert quantiles_of(paths, (0.5,)).tolist() == [[2.0]]
    assert paths.tolist() == [[3.0], [1.0], [2.0]]
