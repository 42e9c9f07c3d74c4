"""Pages of campaigns and sources below /o/<slug>/.

They read through selectors and write through services; config imports them.
"""
