"""What can be wrong with what is kept, and what to do about it.

LedgerError
  BadPeriod                a month or day that is not one; the user mends the words
  BadImport                a file that cannot be read as what it was said to be; nothing of it is kept
  BackupRefused            the copy cannot be made there; the user names another file
  SchemaError              the file is not a ledger, or is newer than this program
  LedgerDamaged            SQLite finds the file inconsistent; it is left as it is
  LedgerInUse              another payback process writes this ledger
  LedgerUnavailable        neither ledger nor spool can be written; calls are refused or pass unrecorded"""


class LedgerError(Exception):
    """Its text is one sentence for the user: where, what, what to do."""


class BadPeriod(LedgerError):
    pass


class BadImport(LedgerError):
    pass


class BackupRefused(LedgerError):
    pass


class SchemaError(LedgerError):
    pass


class LedgerDamaged(LedgerError):
    pass


class LedgerInUse(LedgerError):
    pass


class LedgerUnavailable(LedgerError):
    pass
