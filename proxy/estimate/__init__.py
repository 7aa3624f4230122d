"""Tokens of calls whose upstream reports no usage: counted here, and marked as an estimate by the caller.

Read in this order:
- shape              the wire formats whose text is known
- passages           the text of a call, as far as it is kept
- blocks             text in messages and content blocks, whichever API they are of
- request_text       what the model was given to read
- answer_text        what it wrote
- encoders, ranks/   OpenAI's tokenizers, from files that come with payback; no network
- tokens             which tokenizer a model has; counting, off the event loop
- remote             the tokenizer of the upstream itself
- estimate           all of them together
- rough              without a tokenizer, when too many texts wait for it"""
