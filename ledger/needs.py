"""What a call needs of a model beside text: it says which models could answer it too."""

from enum import IntFlag


class Needs(IntFlag):
    """Flags of one call, of what its request shows. What it only refers to, such as turns that upstream keeps
    of earlier calls, shows nothing."""

    NOTHING = 0
    TOOLS = 1
    """The model is offered tools."""
    IMAGES = 2
    """Images, videos or documents go in, or images are asked for."""
    AUDIO = 4
    """Sound goes in, or is asked for."""


def render_needs(needs: Needs) -> str:
    """The needs by name.

    >>> render_needs(Needs.TOOLS | Needs.IMAGES), render_needs(Needs.NOTHING)
    ('tools+images', 'nothing')
    """
    return "+".join(str(need.name).lower() for need in needs) or "nothing"
