"""Attacks that were seen elsewhere, on the whole program. docs/threat-model.md says which test is for what.

Read in this order:
- canary               what must be nowhere, and where it is looked for
- test_upstream_choice a request chooses neither host nor key
- test_tls             an upstream is who its certificate says
- test_canary          keys, prompts and passwords are in nothing that is kept or said
- test_report_attacks  SQL, markup, formulas and other people's pages at the report
- test_start           what must hold before anything is answered
- test_threat_model    every test that the threat model names is there"""
