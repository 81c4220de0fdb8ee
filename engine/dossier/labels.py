"""The words of a dossier, in English and in German."""

from typing import Literal

Language = Literal["en", "de"]
CLOSED = {  # why a calendar is closed, as the proof says it
    "weekend": "Wochenende",
    "no working day": "kein Arbeitstag",
    "outside working hours": "außerhalb der Arbeitszeit",
    "outside the hours of that day": "außerhalb der Zeiten dieses Tages",
    "closed that day": "an diesem Tag geschlossen",
    "break": "Pause",
}
WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "title": "Handoff", "of_lead": "lead", "given": "Given", "known_at": "learned", "by": "by", "from": "from", "to": "to",
        "tier": "Tier", "agreement": "Agreement", "none": "none", "status": "How it ended", "reason": "Reason", "answered": "Answered",
        "open": "open", "accepted": "accepted", "rejected": "rejected", "withdrawn": "withdrawn", "expired": "expired",
        "known": "What was known then", "score": "Score", "budget": "Budget", "authority": "Authority", "need": "Need",
        "timeline": "Timeline", "missing": "Missing", "unseen": "Cannot be said any more (erased)", "nothing": "nothing",
        "why": "Why this owner", "rule": "Rule", "version": "version", "passed_over": "Passed over", "no_rule": "the log tells no rule",
        "verdicts": "The agreement's verdicts", "promise": "Promise", "verdict": "Verdict", "started": "Clock started", "due": "Due",
        "done": "Done", "business": "Business time", "wall": "All time", "late": "Late", "owner": "Owner", "responder": "Responder",
        "no_promise": "Nothing is promised for this handoff.", "proof": "Proof", "part": "Part", "begins": "From", "ends": "To",
        "worked": "worked", "paused": "paused", "closed": "closed", "sum": "sum", "after_due": "after it was due",
        "met": "met", "breached": "breached", "running": "running", "excluded": "excluded", "response": "response", "decision": "decision",
        "follow_up": "follow-ups", "events": "Events", "happened": "Happened", "learned": "Learned", "event": "Event", "who": "Who", "told": "Told",
        "position": "Position", "hash": "Hash", "before": "before", "handoff": "handoff", "contact": "contact", "self": "The giver is the receiver.",
        "automatic": "Given by a system.", "covers": "Log position", "as_of": "as it was known on", "journey": "journey",
    },
    "de": {
        "title": "Übergabe", "of_lead": "Lead", "given": "Übergeben", "known_at": "bekannt seit", "by": "durch", "from": "von", "to": "an",
        "tier": "Stufe", "agreement": "Vereinbarung", "none": "keine", "status": "Ausgang", "reason": "Grund", "answered": "Beantwortet",
        "open": "offen", "accepted": "angenommen", "rejected": "abgelehnt", "withdrawn": "zurückgezogen", "expired": "verfallen",
        "known": "Was damals bekannt war", "score": "Score", "budget": "Budget", "authority": "Entscheidungsbefugnis", "need": "Bedarf",
        "timeline": "Zeitrahmen", "missing": "Fehlte", "unseen": "Nicht mehr feststellbar (gelöscht)", "nothing": "nichts",
        "why": "Warum diese Person", "rule": "Regel", "version": "Fassung", "passed_over": "Übergangen", "no_rule": "das Log nennt keine Regel",
        "verdicts": "Urteile nach der Vereinbarung", "promise": "Zusage", "verdict": "Urteil", "started": "Uhr ab", "due": "Fällig",
        "done": "Erledigt", "business": "Geschäftszeit", "wall": "Gesamtzeit", "late": "Verspätet", "owner": "Zuständig", "responder": "Beantwortet von",
        "no_promise": "Für diese Übergabe ist nichts zugesagt.", "proof": "Nachweis", "part": "Abschnitt", "begins": "Von", "ends": "Bis",
        "worked": "gearbeitet", "paused": "pausiert", "closed": "geschlossen", "sum": "Summe", "after_due": "nach der Fälligkeit",
        "met": "eingehalten", "breached": "verletzt", "running": "läuft", "excluded": "ausgenommen", "response": "Reaktion", "decision": "Entscheidung",
        "follow_up": "Nachfassen", "events": "Ereignisse", "happened": "Geschehen", "learned": "Bekannt", "event": "Ereignis", "who": "Wer", "told": "Angaben",
        "position": "Position", "hash": "Hash", "before": "vorher", "handoff": "Übergabe", "contact": "Kontakt",
        "self": "Gebende und empfangende Person sind dieselbe.",
        "automatic": "Von einem System übergeben.", "covers": "Log-Position", "as_of": "nach dem Stand vom", "journey": "Durchlauf",
    },
}  # fmt: skip
