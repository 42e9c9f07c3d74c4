"""What becomes of a sold lead: the dispositions that advertisers report.

Lives here: reports, each a row that never changes. Not here: the words and stages (core), the sale (auction), what training makes
of them (scoring). Who may import it: exchange.flow, exchange.api and reporting.selectors; it imports auction and core.
"""
