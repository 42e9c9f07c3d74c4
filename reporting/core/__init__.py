"""Pure projections: what each role may read of an auction record, a contact, the live news. No store, no clock, no framework.

Every other module of reporting may import it; it imports the cores of exchange and accounts only.
"""
