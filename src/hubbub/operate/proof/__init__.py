"""The proof that nothing is lost (docs/proof.md): clients that note everything down, and a judge that compares it with the store.

Nothing here knows the server's code: a fault in it must not hide itself.
"""
