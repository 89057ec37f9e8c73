"""A made-up world as nasty as life: payloads of every source in their real formats, with the truth."""
