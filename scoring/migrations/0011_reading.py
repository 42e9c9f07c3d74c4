"""What a lead cost beside what became of it, and on which day the leads of a vertical are read for the level."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0010_sources_apart"),
    ]

    operations = [
        migrations.AddField(
            model_name="outcome",
            name="clearing_price",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="model",
            name="read_days",
            field=models.PositiveSmallIntegerField(null=True),
        ),
    ]
