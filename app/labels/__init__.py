"""标签与凭证 · what the platform prints: short links, QR codes, labels, receipts, records.

links (what stands in a QR, pure) → codes (the QR itself, pure) → paper (fonts, PDF) → receipt,
certificate, sheet (one kind of paper each) → printing (from the records to those papers).
"""
