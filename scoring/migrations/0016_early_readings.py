"""Early readings of leads, kept for good; reports by time, so that those told late are found."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("scoring", "0015_bid_rules")]

    operations = [
        migrations.AddField("outcome", "read_at", models.DateTimeField(null=True)),
        migrations.AddField("outcome", "read_won", models.BooleanField(null=True)),
        migrations.AddField("outcome", "read_share", models.FloatField(null=True)),
        migrations.AddIndex(
            "outcome",
            models.Index(fields=("vertical", "known_at"), name="outcome_told_when", condition=Q(known_at__isnull=False)),
        ),
        migrations.AddConstraint(
            "outcome",
            models.CheckConstraint(
                name="outcome_read",
                condition=Q(read_at__isnull=True, read_won__isnull=True, read_share__isnull=True)
                | Q(read_at__isnull=False, read_won__isnull=False, read_share__gt=0, read_share__lte=1),
            ),
        ),
    ]
