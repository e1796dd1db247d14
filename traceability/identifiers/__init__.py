"""标识 · every number and code the trade uses: parse, format, check; pure, without a database.

On the animal: `ear_tags`, `eids`. Of people and places: `farm_codes`, `region_codes`, `uscc`,
`resident_ids`, `phones`. On paper and on the road: `certificates`, `plates`, `capitals`. On
labels: `gs1`, `short_codes`. `keystrokes` undoes what keyboards do; `refusals` says no.
"""
