package sqlite

// The forms of the files so far, one entry a version. A new version is a new
// entry at the end, and testdata gets a folder saved by it.

func journalSchema() migrations {
	return migrations{`
CREATE TABLE batch (
	first INTEGER PRIMARY KEY,
	last  INTEGER NOT NULL,
	crc   INTEGER NOT NULL,
	prev  BLOB NOT NULL,
	hash  BLOB NOT NULL,
	block BLOB NOT NULL
) STRICT;
-- The end of the chain, so that a batch missing there is missed.
CREATE TABLE head (
	one  INTEGER PRIMARY KEY CHECK (one = 1),
	seq  INTEGER NOT NULL,
	hash BLOB NOT NULL
) STRICT;
INSERT INTO head VALUES (1, 0, zeroblob(32));
-- The first 16 bytes of the SHA-256 of every key, and the day it came.
CREATE TABLE seen (
	key16 BLOB PRIMARY KEY,
	day   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;`}
}

func stateSchema() migrations {
	return migrations{`
CREATE TABLE kv (
	bucket  TEXT NOT NULL,
	key     TEXT NOT NULL,
	version INTEGER NOT NULL,
	value   BLOB NOT NULL,
	PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;
-- The last version given. One counter for all entries, so that an entry made
-- again after its deletion never repeats a version.
CREATE TABLE counter (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	version INTEGER NOT NULL
) STRICT;
INSERT INTO counter VALUES (1, 0);
CREATE TABLE outbox (
	id    INTEGER PRIMARY KEY AUTOINCREMENT,
	event BLOB NOT NULL
) STRICT;
CREATE TABLE fold (
	name    TEXT PRIMARY KEY,
	version INTEGER NOT NULL,
	seq     INTEGER NOT NULL,
	data    BLOB NOT NULL
) STRICT;`}
}

func blobSchema() migrations {
	return migrations{`
CREATE TABLE blob (
	digest BLOB PRIMARY KEY,
	data   BLOB NOT NULL
) STRICT;`}
}
