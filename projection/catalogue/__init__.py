"""What is known of hardware, models, quantisations, engines, speeds and substitutes, of open models by API
and of cheaper cloud models: one TOML file for each, every row with its source and the day it was read.
A user's rows come on top.

Read in this order:
- columns   what may stand in a row, and in which unit; a row becomes a spec
- shelf     specs by name, whatever their capitals and hyphens
- shipped   the TOML files, as they are in the package
- loading   both kinds of rows, together"""

from projection.catalogue.loading import Catalogue, catalogue
from projection.catalogue.shelf import NotListed, Shelf

__all__ = ["Catalogue", "NotListed", "Shelf", "catalogue"]
