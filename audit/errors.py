"""Why nothing can be written into the log, or not be signed: then nothing is disclosed."""


class LedgerError(Exception):
    """The log cannot be written or signed. Its text says what an operator has to do."""


class NoKeyError(LedgerError):
    """This connection has no key to sign events with: it was not opened as the gateway does it."""


class WrongKeyError(LedgerError):
    """A key file of the log cannot be used."""


class RestoredError(LedgerError):
    """The database knows less, or other events, than were signed: it was restored or changed.

    Nothing is disclosed until somebody has looked and, where events are lost for ever, has run
    `motem audit declare-gap`.
    """


class LateError(LedgerError):
    """The log was not signed in time. The event is kept; the answer is not given."""


class UnfitError(LateError):
    """The database does not take an event as it is. The answer is not given."""
