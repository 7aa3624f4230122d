"""SettingsError   the configuration or the command line asks for what cannot be; the user mends it"""


class SettingsError(Exception):
    """Its text is one sentence for the user: which file, which key, what to write."""
