"""What the models in use cost, and who says so; how to state the price of those that have none.

Read in this order:
- answers     the questions to the ledger
- rates       pure: the rates of a price, as people quote them
- page        pure: models as they were called, and the price book -> rows
- routes      the address"""
