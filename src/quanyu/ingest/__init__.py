"""Files and databases become raw log segments, quarantine and landing tables: accept, check, map, de-duplicate, load.

The flow, in the order of the modules: `files` finds what is new, `sniff` and `headings` say what it is, `scan_*` reads
it as text, `mapping` makes typed columns with a problem code each, `people` replaces identifiers by keyed hashes,
`dedupe` decides the fate of every row, `segment` writes the raw log, `landing` loads it, `drive` runs it all.
"""
