//! Sorting more rows than fit into memory. Rows are collected until the budget is full, sorted and
//! written behind one another into one temporary file; each such piece is a run. Reading merges
//! all runs: the smallest of their first rows comes next. The file has no name, so it vanishes
//! with the process however that ends.
//!
//! Memory: the budget for collecting, and once more the budget for each cursor, shared out over
//! the runs; below 4 KiB a run the budget is exceeded, which takes more than budget² / 100 KiB
//! rows (4·10¹⁰ at 64 MiB).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// What is sorted: three numbers, the first one most significant.
pub(super) type Row = [u64; 3];

const ROW_BYTES: usize = size_of::<Row>();
const MIN_RUN_BUFFER: usize = 4096 / ROW_BYTES * ROW_BYTES;
const WRITE_BUFFER: usize = 64 * 1024;

/// Takes rows in any order.
pub(super) struct Sorter {
    scratch: PathBuf,
    max_rows: usize,
    rows: Vec<Row>,
    spilled: Option<Spilled>,
}

/// Runs in a file: their places in bytes.
struct Spilled {
    file: File,
    runs: Vec<Range<u64>>,
}

impl Sorter {
    /// A sorter that holds `memory_bytes` of rows and puts more into a file in `scratch`.
    pub(super) fn new(memory_bytes: usize, scratch: &Path) -> Sorter {
        Sorter {
            scratch: scratch.to_path_buf(),
            max_rows: (memory_bytes / ROW_BYTES).max(1),
            rows: Vec::new(),
            spilled: None,
        }
    }

    /// Takes one row.
    pub(super) fn push(&mut self, row: Row) -> Result<()> {
        if self.rows.len() == self.max_rows {
            self.spill()?;
        }
        self.rows.push(row);
        Ok(())
    }

    /// All rows were given.
    pub(super) fn finish(mut self) -> Result<Sorted> {
        if self.spilled.is_some() {
            self.spill()?;
            self.rows = Vec::new();
        } else {
            self.rows.sort_unstable();
        }
        Ok(Sorted { scratch: self.scratch, rows: self.rows, spilled: self.spilled })
    }

    /// Writes the collected rows as one run.
    fn spill(&mut self) -> Result<()> {
        self.rows.sort_unstable();
        let failed = |cause| Error::io("write sorted rows", &self.scratch, cause);
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            None => {
                let file = tempfile::tempfile_in(&self.scratch).map_err(failed)?;
                self.spilled.insert(Spilled { file, runs: Vec::new() })
            }
        };
        let start = spilled.runs.last().map_or(0, |run| run.end);
        let mut out = BufWriter::with_capacity(WRITE_BUFFER, &spilled.file);
        for row in &self.rows {
            for number in row {
                out.write_all(&number.to_le_bytes()).map_err(failed)?;
            }
        }
        out.flush().map_err(failed)?;
        drop(out);
        spilled.runs.push(start..start + (self.rows.len() * ROW_BYTES) as u64);
        self.rows.clear();
        Ok(())
    }
}

/// Sorted rows: all of them in memory, or all of them in runs.
pub(super) struct Sorted {
    scratch: PathBuf,
    rows: Vec<Row>,
    spilled: Option<Spilled>,
}

impl Sorted {
    /// The rows in ascending order, from the first one; several cursors may go at once. Each holds
    /// `memory_bytes` at most, but 4 KiB a run.
    pub(super) fn cursor(
        &self,
        memory_bytes: usize,
    ) -> Result<Box<dyn Iterator<Item = Result<Row>> + '_>> {
        match &self.spilled {
            None => Ok(Box::new(self.rows.iter().map(|row| Ok(*row)))),
            Some(spilled) => Ok(Box::new(Merge::new(spilled, memory_bytes, &self.scratch)?)),
        }
    }
}

/// A cursor over runs.
struct Merge<'a> {
    runs: Vec<Run<'a>>,
    /// The first unread row of every run that has one, with the number of the run.
    heads: BinaryHeap<Reverse<(Row, usize)>>,
}

impl<'a> Merge<'a> {
    fn new(spilled: &'a Spilled, memory_bytes: usize, scratch: &'a Path) -> Result<Merge<'a>> {
        let share = memory_bytes / spilled.runs.len().max(1) / ROW_BYTES * ROW_BYTES;
        let capacity = share.max(MIN_RUN_BUFFER);
        let mut merge = Merge { runs: Vec::new(), heads: BinaryHeap::new() };
        for (number, unread) in spilled.runs.iter().enumerate() {
            let (file, unread) = (&spilled.file, unread.clone());
            let mut run = Run { file, scratch, unread, capacity, bytes: Vec::new(), at: 0 };
            if let Some(row) = run.next()? {
                merge.heads.push(Reverse((row, number)));
            }
            merge.runs.push(run);
        }
        Ok(merge)
    }
}

impl Iterator for Merge<'_> {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Result<Row>> {
        let mut head = self.heads.peek_mut()?;
        let (row, number) = head.0;
        match self.runs[number].next() {
            Ok(Some(next)) => *head = Reverse((next, number)),
            Ok(None) => {
                PeekMut::pop(head);
            }
            Err(error) => return Some(Err(error)),
        }
        Some(Ok(row))
    }
}

/// A run in reading.
struct Run<'a> {
    file: &'a File,
    scratch: &'a Path,
    /// What of the file was not read yet.
    unread: Range<u64>,
    capacity: usize,
    bytes: Vec<u8>,
    /// Where the next row begins in `bytes`.
    at: usize,
}

impl Run<'_> {
    fn next(&mut self) -> Result<Option<Row>> {
        if self.at == self.bytes.len() && !self.fill()? {
            return Ok(None);
        }
        let mut row = Row::default();
        for (number, bytes) in row.iter_mut().zip(self.bytes[self.at..].chunks_exact(8)) {
            *number = u64::from_le_bytes(bytes.try_into().expect("chunks of 8 bytes"));
        }
        self.at += ROW_BYTES;
        Ok(Some(row))
    }

    /// Reads the next rows; false if there are none.
    fn fill(&mut self) -> Result<bool> {
        let failed = |cause| Error::io("read sorted rows", self.scratch, cause);
        let left = usize::try_from(self.unread.end - self.unread.start).unwrap_or(usize::MAX);
        self.bytes.resize(self.capacity.min(left), 0);
        self.at = 0;
        self.file.seek(SeekFrom::Start(self.unread.start)).map_err(failed)?;
        self.file.read_exact(&mut self.bytes).map_err(failed)?;
        self.unread.start += self.bytes.len() as u64;
        Ok(!self.bytes.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sorted(rows: &[Row], memory_bytes: usize, scratch: &Path) -> Sorted {
        let mut sorter = Sorter::new(memory_bytes, scratch);
        for row in rows {
            sorter.push(*row).unwrap();
        }
        sorter.finish().unwrap()
    }

    fn all(sorted: &Sorted, memory_bytes: usize) -> Vec<Row> {
        sorted.cursor(memory_bytes).unwrap().map(|row| row.unwrap()).collect()
    }

    #[test]
    fn rows_that_fit_into_memory_touch_no_file() {
        let nowhere = Path::new("no/such/directory");
        let rows = [[2, 0, 0], [1, 1, 1], [1, 0, 2]];
        assert_eq!(
            all(&sorted(&rows, 3 * ROW_BYTES, nowhere), 0),
            [[1, 0, 2], [1, 1, 1], [2, 0, 0]]
        );
        let mut sorter = Sorter::new(3 * ROW_BYTES, nowhere);
        rows.iter().for_each(|row| sorter.push(*row).unwrap());
        let error = sorter.push([0; 3]).unwrap_err();
        assert_eq!(error.message, "cannot write sorted rows");
    }

    #[test]
    fn no_rows_are_sorted_to_no_rows() {
        assert_eq!(all(&sorted(&[], 0, Path::new("no/such/directory")), 0), [[0; 3]; 0]);
    }

    #[test]
    fn a_run_longer_than_its_buffer_is_read_in_pieces() {
        let scratch = tempfile::tempdir().unwrap();
        let rows: Vec<Row> = (0..2000).rev().map(|n| [n, n * 7, u64::MAX - n]).collect();
        let sorted = sorted(&rows, 999 * ROW_BYTES, scratch.path());
        const { assert!(MIN_RUN_BUFFER < 999 * ROW_BYTES) };
        let expected: Vec<Row> = rows.into_iter().rev().collect();
        assert_eq!(all(&sorted, 0), expected);
    }

    #[test]
    fn two_cursors_do_not_disturb_each_other() {
        let scratch = tempfile::tempdir().unwrap();
        let rows: Vec<Row> = (0..1000).map(|n| [n * 7 % 1000, 0, 0]).collect();
        let sorted = sorted(&rows, 300 * ROW_BYTES, scratch.path());
        let (mut ahead, mut behind) = (sorted.cursor(0).unwrap(), sorted.cursor(0).unwrap());
        for n in 0..500 {
            assert_eq!(ahead.next().unwrap().unwrap(), [2 * n, 0, 0]);
            assert_eq!(ahead.next().unwrap().unwrap(), [2 * n + 1, 0, 0]);
            assert_eq!(behind.next().unwrap().unwrap(), [n, 0, 0]);
        }
        assert!(ahead.next().is_none());
    }

    proptest! {
        #[test]
        fn any_budget_sorts_as_memory_does(
            mut rows in prop::collection::vec(any::<[u8; 3]>(), 0..300),
            memory_rows in 0usize..310,
        ) {
            let scratch = tempfile::tempdir().unwrap();
            let given: Vec<Row> = rows.iter().map(|row| row.map(u64::from)).collect();
            let sorted = sorted(&given, memory_rows * ROW_BYTES, scratch.path());
            rows.sort_unstable();
            let expected: Vec<Row> = rows.iter().map(|row| row.map(u64::from)).collect();
            prop_assert_eq!(all(&sorted, memory_rows * ROW_BYTES), expected);
            prop_assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
        }
    }
}
