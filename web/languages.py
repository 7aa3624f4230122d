"""What a browser says of its languages -> how numbers and dates read there, until somebody sets it. Pure.

After Unicode's CLDR, with two steps away from it: a day is never put in front of a month by digits and
slashes, nor the other way round, unless that was set. 10/11/2026 is two different days, and many browsers
far from the United States say en-US."""

import re
from collections.abc import Iterator

from web.manner import Dates, Manner, Numbers

_LONGEST = 1000
"""Characters of the header that are looked at."""
_WEIGHT = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII)


def _tags(text: str) -> frozenset[str]:
    return frozenset(text.split())


_POINT_COMMA = _tags("az bs ca da de el es eu gl hr id is it mk nl pt ro sl sr tr vi")
_SPACE_COMMA = _tags("be bg cs et fi fr hu hy kk lt lv nb nn no pl ru sk sq sv uk")
_OF_REGIONS = {
    **dict.fromkeys(_tags("de-ch de-li es-us it-ch"), Numbers.COMMA_POINT),
    **dict.fromkeys(
        _tags("es-419 es-do es-gt es-hn es-mx es-ni es-pa es-pe es-pr es-sv"), Numbers.COMMA_POINT
    ),
    **dict.fromkeys(_tags("de-at en-za es-cr pt-pt"), Numbers.SPACE_COMMA),
}
_DOTS = _tags("az be bg bs cs da de et fi hr hy is kk lv mk nb nn no pl ro ru sk sl sq sr tr uk")
_ISO = _tags("en-ca en-se eu fr-ca hu ja ko lt sv zh")


def manner_of_languages(accept_language: str) -> Manner:
    """
    >>> manner_of_languages("en-US,en;q=0.9").numbers, manner_of_languages("fr;q=0.5, de-AT").numbers
    (<Numbers.COMMA_POINT: 'comma-point'>, <Numbers.SPACE_COMMA: 'space-comma'>)
    >>> manner_of_languages("de").dates, manner_of_languages("en-GB").dates
    (<Dates.DOTS: 'dots'>, <Dates.WORDS: 'words'>)
    """
    tags = sorted(_weighed(accept_language[:_LONGEST].lower()), key=lambda each: -each[0])
    tag = tags[0][1] if tags else ""
    return Manner(_numbers(tag), _dates(tag))


def _weighed(header: str) -> Iterator[tuple[float, str]]:
    for part in header.split(","):
        tag, *facts = (word.strip() for word in part.split(";"))
        found = [_WEIGHT.fullmatch(fact) for fact in facts]
        weight = float(found[0][1]) if found and found[0] else 1.0
        if tag and tag != "*" and weight > 0:
            yield weight, tag


def _numbers(tag: str) -> Numbers:
    language, region = _parts(tag)
    if region in _OF_REGIONS:
        return _OF_REGIONS[region]
    if language in _POINT_COMMA:
        return Numbers.POINT_COMMA
    return Numbers.SPACE_COMMA if language in _SPACE_COMMA else Numbers.COMMA_POINT


def _dates(tag: str) -> Dates:
    language, region = _parts(tag)
    if language in _ISO or region in _ISO:
        return Dates.ISO
    return Dates.DOTS if language in _DOTS else Dates.WORDS


def _parts(tag: str) -> tuple[str, str]:
    """
    >>> _parts("zh-hant-tw"), _parts("de")
    (('zh', 'zh-tw'), ('de', 'de'))
    """
    language, *rest = tag.split("-")
    region = next((part for part in rest if len(part) == 2 or part.isdigit()), "")
    return language, f"{language}-{region}" if region else language
