"""Templates, before somebody asks for a page that is made of them."""

from web.rendering import template_environment


def test_every_template_can_be_read() -> None:
    """A page's own test renders it; a fault in one that is seldom shown is found here."""
    environment = template_environment()
    assert len(environment.list_templates()) > 30
    for name in environment.list_templates():
        assert environment.get_template(name).name == name
