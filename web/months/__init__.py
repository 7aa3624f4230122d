"""All months of the ledger, and each as a file to download.

Read in this order:
- page        pure: the sums of months -> rows, changes, a chart
- download    an export, made block by block in a thread, as fast as it is taken
- routes      the addresses"""
