"""An invented omni-channel brand with known truth: persons, what they do, and the raw exports of its channels."""
