"""Attribution: which touches a deal is credited to."""
