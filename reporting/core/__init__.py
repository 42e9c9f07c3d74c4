"""Pure projections: what each role may read of an auction record, of a contact, of the live news. No store, no clock, no framework.

Every other module of reporting may import it; it imports the cores of exchange and accounts only.
"""
