"""The same ping as a good Django developer would write it first: DRF serializers, the ORM, scikit-learn's face of the model.

A project of its own with its own tables in the bench's PostgreSQL; only the bench starts it, nothing imports it.
"""
