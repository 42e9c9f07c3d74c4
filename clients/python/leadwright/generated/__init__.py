"""What generate.py writes from openapi.yaml: change nothing here."""
