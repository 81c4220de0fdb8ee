"""Key performance indicators: each declared once, all evaluated by the same machinery (KPI.md, RULES.md section 6)."""
