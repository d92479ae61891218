"""What tracking SDKs send: requests → records, the spool that keeps requests, retail facts of records.

Nothing here knows a web framework or a database.  A request is kept as it came (`spool`) before it is answered; what
it says is decoded afterwards by one pure function per family (`families`), so a decoder can be mended and the same
requests read anew.
"""
