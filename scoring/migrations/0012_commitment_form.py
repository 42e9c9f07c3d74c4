"""A commitment says which lines were hashed; those that stand are of form 1."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0011_reading"),
    ]

    operations = [
        migrations.AddField(
            model_name="scorecommitment",
            name="form",
            field=models.SmallIntegerField(db_default=1),
        ),
    ]
