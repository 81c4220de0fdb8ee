"""Where the time went: from capture to first response, each piece charged to system, marketing, queue or person."""
