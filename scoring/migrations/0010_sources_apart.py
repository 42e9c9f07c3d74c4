"""Training runs and figures by source are the exchange's own; cards that hold such figures give them away here."""

import django.db.models.deletion
from django.db import migrations, models

from accounts import tenancy

APART = """
    INSERT INTO scoring_sourcesegments (version_id, segments)
    SELECT version.id, jsonb_agg(one ORDER BY place)
    FROM scoring_modelversion version, jsonb_array_elements(version.card -> 'segments') WITH ORDINALITY AS found(one, place)
    WHERE one ->> 'kind' = 'source'
    GROUP BY version.id;
    UPDATE scoring_modelversion
    SET card = jsonb_set(card, '{segments}', jsonb_path_query_array(card, '$.segments[*] ? (@.kind != "source")'))
    FROM scoring_sourcesegments apart
    WHERE apart.version_id = scoring_modelversion.id;
"""
TOGETHER = """
    UPDATE scoring_modelversion
    SET card = jsonb_set(card, '{segments}', (card -> 'segments') || apart.segments)
    FROM scoring_sourcesegments apart
    WHERE apart.version_id = scoring_modelversion.id;
    DELETE FROM scoring_sourcesegments;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0009_history"),
    ]

    operations = [
        migrations.CreateModel(
            name="SourceSegments",
            fields=[
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="scoring.modelversion",
                    ),
                ),
                ("segments", models.JSONField()),
            ],
            options={
                "abstract": False,
            },
        ),
        tenancy.exchange_only("scoring_sourcesegments"),
        tenancy.withdrawn("scoring_trainingrun"),
        migrations.RunSQL(APART, TOGETHER),
    ]
