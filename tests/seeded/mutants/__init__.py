"""All planted bugs, by theme.
- money         what a call costs
- books         what is written down, and when
- spending      what budgets keep and count
- passing       what passes between client and upstream
- metering      what is read of an answer, and within which bounds
- guarding      who may see what, and what text may do
- deciding      the month that pays off"""

from collections.abc import Sequence

from tests.seeded.mutant import Mutant
from tests.seeded.mutants import books, deciding, guarding, metering, money, passing, spending

MUTANTS: Sequence[Mutant] = (
    *money.MUTANTS,
    *books.MUTANTS,
    *spending.MUTANTS,
    *passing.MUTANTS,
    *metering.MUTANTS,
    *guarding.MUTANTS,
    *deciding.MUTANTS,
)
