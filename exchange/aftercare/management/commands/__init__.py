"""The commands of aftercare: `record_outcomes` makes outcomes of the sales and dispositions that exist."""
