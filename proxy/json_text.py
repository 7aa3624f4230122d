"""What a string is to a search through JSON text. Pure."""

STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
"""Of a pattern in which a dot is any byte. One that is not closed reaches to the end of the text: were it no
match, a search would begin again at each quote in it, and text that is no JSON would take a minute."""
