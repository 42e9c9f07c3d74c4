"""Pure rules of the books: which legs an event has (`postings`) and what they add up to (`balances`).

Not here: anything that knows Django or a database; SQL checks the same rules a second time. Every other package may import it.
"""
