"""Programs that measure the promises of the bot; README.md says what each one shows."""
