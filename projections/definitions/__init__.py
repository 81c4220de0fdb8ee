"""What people edit: funnel models, later agreements, calendars, KPIs: validated, hashed."""
