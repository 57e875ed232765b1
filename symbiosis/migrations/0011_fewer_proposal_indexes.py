import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('symbiosis', '0010_engine_settings'),
    ]

    operations = [
        migrations.AlterField(
            model_name='proposal',
            name='offer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='proposals', to='marketplace.offer'),
        ),
        migrations.AlterField(
            model_name='proposal',
            name='need',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='proposals', to='marketplace.need'),
        ),
    ]
