-- Publishing an object does not publish its past: others see the versions that were PUBLIC themselves. Null = not known, so not for others.
ALTER TABLE object_versions ADD COLUMN access_level text CHECK (access_level IN ('PRIVATE', 'PUBLIC'));
