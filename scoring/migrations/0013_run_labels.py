"""How many labels were mature when a training began."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0012_commitment_form"),
    ]

    operations = [
        migrations.AddField(
            model_name="trainingrun",
            name="labels",
            field=models.PositiveIntegerField(null=True),
        ),
    ]
