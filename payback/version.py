"""This program's version. The package's metadata is not asked: a checkout has none, and it takes 30 ms."""

VERSION = "0.1.0"
