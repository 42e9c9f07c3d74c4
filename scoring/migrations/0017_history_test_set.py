"""A file of past leads may come with an official test set in a file of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0016_early_readings"),
    ]

    operations = [
        migrations.AddField(
            model_name="historyimport",
            name="test_name",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
    ]
