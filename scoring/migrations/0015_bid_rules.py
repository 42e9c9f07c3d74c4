"""Experiments on the bid rule of a campaign: its advertiser's own, which may read them."""

from django.db import migrations, models

from accounts import tenancy


class Migration(migrations.Migration):
    dependencies = [("scoring", "0014_source_repeats")]

    operations = [
        migrations.AddField("experiment", "advertiser_id", models.UUIDField(null=True)),
        migrations.AddField("experiment", "campaign_id", models.UUIDField(null=True)),
        migrations.AlterField(
            "experiment",
            "kind",
            models.CharField(
                choices=[
                    ("model", "Model version"),
                    ("floor", "Smallest price"),
                    ("sharing", "Most buyers of a lead"),
                    ("bid_rule", "Bid rule of a campaign"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            "experiment",
            "metric",
            models.CharField(
                choices=[
                    ("conversion", "Conversion rate"),
                    ("sold", "Sold share"),
                    ("revenue", "Revenue per unit"),
                    ("payout", "Payout per unit"),
                    ("margin", "Margin per unit"),
                    ("spend", "Spend per unit"),
                ],
                max_length=10,
            ),
        ),
        migrations.RemoveConstraint("experiment", "experiment_one_of_a_kind_runs"),
        migrations.AddIndex("experiment", models.Index(fields=["advertiser_id", "id"], name="experiment_of_advertiser")),
        migrations.AddConstraint(
            "experiment",
            models.UniqueConstraint(
                condition=models.Q(("campaign_id", None), ("state", "running")),
                fields=("mode", "vertical", "kind"),
                name="experiment_one_of_a_kind_runs",
            ),
        ),
        migrations.AddConstraint(
            "experiment",
            models.UniqueConstraint(
                condition=models.Q(("state", "running")), fields=("campaign_id",), name="experiment_one_of_a_campaign_runs"
            ),
        ),
        migrations.AddConstraint(
            "experiment",
            models.CheckConstraint(
                name="experiment_of_its_side",
                condition=models.Q(kind="bid_rule", advertiser_id__isnull=False, campaign_id__isnull=False)
                | (~models.Q(kind="bid_rule") & models.Q(advertiser_id=None, campaign_id=None)),
            ),
        ),
        tenancy.shown_to("scoring_experiment", "advertiser_id"),
    ]
