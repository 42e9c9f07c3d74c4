"""The ledger: money as double entry. A Django app of its own, labelled `ledger`.

Lives here: accounts, events, entries, the services that write them, the selectors that read them, the check of the books.
Not here: holds on money (exchange.auction.counters), prices (exchange.core.auction), invoices and bank files.
Every stage above accounts may import its selectors and services; its models are imported only here and by reporting.selectors.
"""
