"""The sections of the report: each takes the facts and a writer and gives panels; none knows the template."""
