"""Names are found by the beginnings of their words, notes and consents stay as they were written.

``customers_words`` takes accents and punctuation off (no contrib extension is needed); the index
on it and every search use this one function. What the audit trail knows of consents so far becomes
the beginning of their log.
"""

from __future__ import annotations

from django.db import migrations

_SIGNS = r"""'’‘`´"“”«»().,;:!?/\|+&*@#_-–—<>=~^%$[]{}"""
_QUOTED = _SIGNS.replace("'", "''")
_BLANKS = " " * len(_SIGNS)

_FOLDED = rf"""translate(
    regexp_replace(
      normalize(
        replace(replace(replace(lower(said), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), NFD
      ),
      '[\u0300-\u036f]', '', 'g'
    ),
    'øłđıðþ{_QUOTED}', 'oldidt{_BLANKS}'
  )"""

# The one does not call the other: a dump is restored without a search path.
FORWARD = rf"""
CREATE FUNCTION customers_fold(said text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT {_FOLDED}
$$;
CREATE FUNCTION customers_words(said text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_to_tsvector(array_remove(string_to_array({_FOLDED}, ' '), ''))
$$;
CREATE INDEX customer_by_words ON customers_customer USING gin (customers_words(name));

CREATE FUNCTION customers_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what was written about a guest is append-only'
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER guest_note_append_only
  BEFORE UPDATE OF text, at, actor_kind, actor_id, actor_label, public_id
  ON customers_guestnote FOR EACH ROW
  WHEN ((OLD.text, OLD.at, OLD.actor_kind, OLD.actor_id, OLD.actor_label, OLD.public_id)
    IS DISTINCT FROM
    (NEW.text, NEW.at, NEW.actor_kind, NEW.actor_id, NEW.actor_label, NEW.public_id))
  EXECUTE FUNCTION customers_refuse_change();
-- A merge hands entries over, and an undone one hands them back; nothing else changes.
CREATE TRIGGER consent_append_only
  BEFORE UPDATE OF kind, given, source, text, at, actor_kind, actor_id, actor_label, restaurant_id
  ON customers_consententry FOR EACH ROW
  WHEN ((OLD.kind, OLD.given, OLD.source, OLD.text, OLD.at, OLD.actor_label, OLD.restaurant_id)
    IS DISTINCT FROM
    (NEW.kind, NEW.given, NEW.source, NEW.text, NEW.at, NEW.actor_label, NEW.restaurant_id))
  EXECUTE FUNCTION customers_refuse_change();
CREATE TRIGGER consent_stays BEFORE DELETE ON customers_consententry
  FOR EACH ROW EXECUTE FUNCTION customers_refuse_change();
"""
BACKWARD = """
DROP TRIGGER consent_stays ON customers_consententry;
DROP TRIGGER consent_append_only ON customers_consententry;
DROP TRIGGER guest_note_append_only ON customers_guestnote;
DROP FUNCTION customers_refuse_change();
DROP INDEX customer_by_words;
DROP FUNCTION customers_words(text);
DROP FUNCTION customers_fold(text);
"""

FROM_THE_TRAIL = """
INSERT INTO customers_consententry
  (customer_id, kind, given, source, text, at, actor_kind, actor_id, actor_label, restaurant_id)
SELECT c.id, e.data->>'to', e.verb = 'customer.consented',
  left(coalesce(e.data->>'booking', ''), 60), '', e.at, e.actor_kind, e.actor_id, e.actor_label,
  e.restaurant_id
FROM core_auditentry e JOIN customers_customer c ON c.public_id = e.target
WHERE e.verb IN ('customer.consented', 'customer.consent_withdrawn')
  AND e.data->>'to' IN ('marketing', 'sms')
ORDER BY e.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_guests_in_full"),
        ("core", "0003_audit_feed"),
    ]
    operations = [
        # Before the triggers: a second run, after going back, begins with an empty table.
        migrations.RunSQL(FROM_THE_TRAIL, migrations.RunSQL.noop),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
