import clients.webhooks.models
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import foundation.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clients', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.UUIDField(default=foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('event_id', models.CharField(max_length=64, verbose_name='event ID')),
                ('event', models.CharField(max_length=40)),
                ('sequence', models.PositiveBigIntegerField(help_text='Counts the events of the endpoint.')),
                ('subject', models.CharField(help_text='First tries of one keep their order.', max_length=100)),
                ('reference', models.CharField(blank=True, max_length=128, verbose_name='transaction ID')),
                ('body', models.TextField()),
                ('url_sealed', models.BinaryField(help_text='Where to, if the request named it.', null=True)),
                ('state', models.CharField(choices=[('pending', 'waiting'), ('delivered', 'delivered'), ('dead', 'given up')], default='pending', max_length=9)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('next_attempt_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('claim', models.UUIDField(null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('expires_at', models.DateTimeField(help_text='Given up then at the latest.')),
                ('settled_at', models.DateTimeField(null=True)),
                ('last_status', models.PositiveSmallIntegerField(null=True, verbose_name='HTTP status')),
                ('last_fault', models.CharField(blank=True, max_length=100, verbose_name='last fault')),
                ('institution', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.institution')),
            ],
            options={
                'verbose_name_plural': 'webhook deliveries',
                'permissions': [('replay_webhookdelivery', 'Can send webhooks again')],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='WebhookAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('latency_ms', models.PositiveIntegerField()),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('fault', models.CharField(blank=True, max_length=100)),
                ('excerpt', models.CharField(blank=True, max_length=200, verbose_name='answer')),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='log', to='clients.webhookdelivery')),
            ],
            options={
                'ordering': ('id',),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.UUIDField(default=foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('standing', 'registered'), ('per_request', 'named by requests')], default='standing', max_length=12)),
                ('name', models.CharField(help_text='Which system listens there.', max_length=80)),
                ('origin', models.CharField(max_length=300, verbose_name='server')),
                ('url_sealed', models.BinaryField()),
                ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('fraud_detected', 'A transaction was declined'), ('high_risk_transaction', 'A transaction was held for review'), ('transaction_approved', 'A transaction was approved'), ('case.opened', 'A case was opened for review'), ('case.updated', 'A case changed'), ('case.closed', 'A case was decided')], max_length=40), blank=True, default=clients.webhooks.models.usual_events, size=None)),
                ('state', models.CharField(choices=[('active', 'active'), ('paused', 'paused'), ('removed', 'removed')], default='active', max_length=8)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_sequence', models.PositiveBigIntegerField(default=0, editable=False)),
                ('failures', models.PositiveIntegerField(default=0, editable=False)),
                ('open_until', models.DateTimeField(editable=False, null=True)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='webhook_endpoints', to='clients.institution')),
            ],
            options={
                'ordering': ('-id',),
                'permissions': [('manage_webhookendpoint', 'Can manage webhook endpoints and secrets')],
                'default_permissions': ('view',),
            },
        ),
        migrations.AddField(
            model_name='webhookdelivery',
            name='endpoint',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.webhookendpoint'),
        ),
        migrations.CreateModel(
            name='WebhookSecret',
            fields=[
                ('id', models.UUIDField(default=foundation.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('sealed', models.BinaryField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(null=True)),
                ('endpoint', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='secrets', to='clients.webhookendpoint')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clients.institution')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddIndex(
            model_name='webhookendpoint',
            index=models.Index(fields=['institution', 'kind', 'origin'], name='webhook_by_institution'),
        ),
        migrations.AddIndex(
            model_name='webhookendpoint',
            index=models.Index(condition=models.Q(('open_until__isnull', False)), fields=['open_until'], name='webhook_open'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'per_request')), fields=('institution', 'origin'), name='webhook_one_per_server'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['endpoint', 'next_attempt_at', 'sequence'], name='delivery_due'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('attempts', 0), ('state', 'pending')), fields=['endpoint', 'subject', 'sequence'], name='delivery_first'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['institution', '-id'], name='delivery_newest'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['state', '-id'], name='delivery_by_state'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['endpoint', '-id'], name='delivery_by_endpoint'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['institution', 'reference'], name='delivery_by_reference'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.UniqueConstraint(fields=('endpoint', 'event_id'), name='delivery_once'),
        ),
        migrations.AddConstraint(
            model_name='webhooksecret',
            constraint=models.UniqueConstraint(condition=models.Q(('endpoint__isnull', False), ('expires_at__isnull', True)), fields=('endpoint',), name='webhook_one_secret'),
        ),
        migrations.AddConstraint(
            model_name='webhooksecret',
            constraint=models.UniqueConstraint(condition=models.Q(('endpoint__isnull', True), ('expires_at__isnull', True)), fields=('institution',), name='webhook_one_default_secret'),
        ),
    ]
