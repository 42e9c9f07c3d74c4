"""Pure rules of identity and money.

Lives here: money, ids, roles, errors, the clock. Not here: anything that knows Django, a database or a clock of its own.
Every other package may import it.
"""
