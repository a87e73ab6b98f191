"""What leaves the house about cases: dossiers, suspicious-activity reports, lists."""
