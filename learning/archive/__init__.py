"""The archive: every decision with its vector, in Parquet, for whoever learns from history.

    decisions (PostgreSQL) -> settled serials -> slices -> Parquet files -> merged files
                                  `export`                      `compact`

**Exactly once.** The database numbers decisions as they are written (`serial`). A serial is
exported when no transaction that could still commit a smaller one is open, so one watermark says
all: up to it everything is in the archive, beyond it nothing is.

**What counts is listed.** Files become part of the archive by a row of `ArchiveFile`, in the same
transaction that moves the watermark or drops the files they replace. A file is announced before it
is written, so a crash between any two lines leaves either a complete archive or one whose remains
the next run removes.

**Read** with :mod:`learning.archive.read`. Labels are no part of the files: they come later than
decisions and are joined when reading, as they were known at a given moment.

Nothing here imports Polars when it is itself imported: web processes do without it, and a worker's
parent must not have started its threads before it forks.
"""
