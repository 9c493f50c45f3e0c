"""What the programme does: rules, forms, exports. Knows no Telegram; plain, synchronous Python."""
