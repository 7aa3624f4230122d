"""Who has the password: people sign in once on a page, programs send it with every request.

Read in this order:
- password     the report's password, and what programs send of it
- sessions     pure: who has signed in, and until when
- attempts     pure: how soon after wrong passwords the next one is looked at
- peer         pure: where a request comes from, and whether over TLS
- door         who may pass, and how the others are told
- routes       signing in and out
- form         the page with the form, and the button on all others"""
