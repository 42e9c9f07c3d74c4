"""Examples know where their lead came from, and what the version said before the level moved it.

Examples from before get the nil UUID for their source: it was not kept, and nothing was moved then.
"""

from uuid import UUID

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("scoring", "0002_doors")]

    operations = [
        migrations.AddField("trainingexample", "base_probability", models.FloatField(default=0.5), preserve_default=False),
        migrations.AddField("trainingexample", "source_id", models.UUIDField(default=UUID(int=0)), preserve_default=False),
        migrations.AddField("trainingexample", "sub_id", models.CharField(blank=True, default="", max_length=200)),
        migrations.AddField("trainingexample", "state", models.CharField(blank=True, default="", max_length=200)),
        migrations.RunSQL(
            "UPDATE scoring_trainingexample SET base_probability = probability", reverse_sql=migrations.RunSQL.noop
        ),
        migrations.AddConstraint(
            "trainingexample",
            models.CheckConstraint(name="example_base_probability", condition=Q(base_probability__gt=0, base_probability__lt=1)),
        ),
    ]
