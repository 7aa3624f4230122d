"""Tests of the program: its commands as people type them, over real ledgers."""
