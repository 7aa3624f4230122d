"""The cases of two articles on running models locally or in the cloud, as plans: one TOML file for each.

Each cites what its article found in a table [published]. The articles ignore capacity, labour and what is
given up; nothing of theirs is taken over but the inputs.

- loading   the files, as scenarios"""

from projection.scenarios.loading import Finding, Scenario, scenarios

__all__ = ["Finding", "Scenario", "scenarios"]
