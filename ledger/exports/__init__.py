"""Months as files. Entries come in as a stream and leave as one: memory does not grow with the month.

Read in this order:
- columns              what an exported row has, for every format
- csv_file, jsonl_file entries in, bytes out; no file is opened here
- manifest             what stands beside the file: rows, sums, sha256
- export               all of it in one pass, for whoever writes it somewhere"""
