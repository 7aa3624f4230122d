"""All cases, the one that may take all the time that it is given first."""

from tests.torture.case import Case
from tests.torture.cases import clock, damage, descriptors, kill, nth_access, outage, power_cut, soak

ALL: tuple[Case, ...] = (
    kill.CASE,
    *outage.CASES,
    *nth_access.CASES,
    *damage.CASES,
    clock.CASE,
    descriptors.CASE,
    power_cut.CASE,
    soak.CASE,
)
