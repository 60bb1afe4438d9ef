//! The bytes of a model file, read from front to back; every read is checked against what remains.

use crate::error::{Error, Kind, Result};

/// What remains to be read.
pub(super) struct Bytes<'a> {
    rest: &'a [u8],
}

/// The error of a file that is no fastText model, or a damaged one; `what` continues the sentence.
pub(super) fn no_model(what: impl std::fmt::Display) -> Error {
    Error::new(Kind::Config, format!("this is no fastText model that can be read: {what}")).help(
        "use a supervised fastText model (.bin or .ftz) such as lid.176.ftz; if it should be one, \
         fetch it again and compare its checksum",
    )
}

impl<'a> Bytes<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Bytes<'a> {
        Bytes { rest: bytes }
    }

    /// Bytes that remain.
    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next `n` bytes.
    pub(super) fn take(&mut self, n: usize, what: &str) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.rest.split_at_checked(n) else {
            let left = self.rest.len();
            return Err(no_model(format!("its {what} needs {n} bytes, {left} are left")));
        };
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, what)?);
        Ok(array)
    }

    pub(super) fn u8(&mut self, what: &str) -> Result<u8> {
        Ok(u8::from_le_bytes(self.array(what)?))
    }

    pub(super) fn i32(&mut self, what: &str) -> Result<i32> {
        Ok(i32::from_le_bytes(self.array(what)?))
    }

    pub(super) fn i64(&mut self, what: &str) -> Result<i64> {
        Ok(i64::from_le_bytes(self.array(what)?))
    }

    pub(super) fn f64(&mut self, what: &str) -> Result<f64> {
        Ok(f64::from_le_bytes(self.array(what)?))
    }

    /// One byte that is 0 or 1.
    pub(super) fn flag(&mut self, what: &str) -> Result<bool> {
        match self.u8(what)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(no_model(format!("its {what} is {other} instead of 0 or 1"))),
        }
    }

    /// An i32 that counts something.
    pub(super) fn count(&mut self, what: &str) -> Result<usize> {
        let count = self.i32(what)?;
        usize::try_from(count).map_err(|_| no_model(format!("its {what} is {count}")))
    }

    /// An i64 that counts something.
    pub(super) fn long_count(&mut self, what: &str) -> Result<usize> {
        let count = self.i64(what)?;
        usize::try_from(count).map_err(|_| no_model(format!("its {what} is {count}")))
    }

    /// `rows` times `columns` finite f32.
    pub(super) fn floats(&mut self, rows: usize, columns: usize, what: &str) -> Result<Vec<f32>> {
        let n_bytes = rows.checked_mul(columns).and_then(|n| n.checked_mul(4));
        let n_bytes = n_bytes.ok_or_else(|| no_model(format!("its {what} is impossibly large")))?;
        let packed = self.take(n_bytes, what)?;
        let mut floats = Vec::with_capacity(n_bytes / 4);
        for &number in packed.as_chunks::<4>().0 {
            floats.push(f32::from_le_bytes(number));
        }
        if floats.iter().any(|number| !number.is_finite()) {
            return Err(no_model(format!("its {what} holds numbers that are not finite")));
        }
        Ok(floats)
    }

    /// `n` pairs of two i32 that number something.
    pub(super) fn pairs(&mut self, n: usize, what: &str) -> Result<Vec<(u32, u32)>> {
        let n_bytes = n.checked_mul(8);
        let n_bytes = n_bytes.ok_or_else(|| no_model(format!("its {what} is impossibly large")))?;
        let number = |bytes: [u8; 4]| {
            u32::try_from(i32::from_le_bytes(bytes))
                .map_err(|_| no_model(format!("its {what} holds negative numbers")))
        };
        let pair = |&[a, b, c, d, e, f, g, h]: &[u8; 8]| {
            Ok((number([a, b, c, d])?, number([e, f, g, h])?))
        };
        self.take(n_bytes, what)?.as_chunks::<8>().0.iter().map(pair).collect()
    }

    /// The bytes up to the next NUL, which is read too.
    pub(super) fn until_nul(&mut self, what: &str) -> Result<&'a [u8]> {
        let Some(end) = memchr::memchr(0, self.rest) else {
            return Err(no_model(format!("its {what} has no end")));
        };
        let taken = self.take(end, what)?;
        self.take(1, what)?;
        Ok(taken)
    }

    /// Refuses bytes that are left over.
    pub(super) fn finish(self) -> Result<()> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(no_model(format!("{left} bytes are left after its end"))),
        }
    }
}
