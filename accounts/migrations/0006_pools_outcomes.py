"""Organizations say whether what they report may teach the models of all; nobody's does until then."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_key_rate_limit")]

    operations = [
        migrations.AddField("organization", "pools_outcomes", models.BooleanField(db_default=False, default=False)),
    ]
