"""Reading the record: timeline, one entry, one fill's whole record, tracing a lot."""
