"""Indexes by which the audit page reads the trail, newest first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_portal"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["organization", "id"], name="audit_newest"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("verb", "lead.disclosed"), _negated=True), fields=["organization", "id"], name="audit_changes"
            ),
        ),
    ]
