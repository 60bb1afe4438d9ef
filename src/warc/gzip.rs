//! One whole gzip member at a time with libdeflate, the fastest inflater there is; the only file
//! of the room with `unsafe` code.

#![expect(
    unsafe_code,
    reason = "the safe binding of libdeflate has no call that tells where a member ends"
)]

use std::alloc::{Layout, handle_alloc_error};
use std::ptr::NonNull;

use libdeflate_sys as sys;

/// A decompressor with its tables, kept from member to member.
pub(super) struct Inflater {
    state: NonNull<sys::libdeflate_decompressor>,
}

/// What came of inflating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inflated {
    /// A sound member, checksum and length included: its bytes packed and unpacked.
    Member { packed: usize, text: usize },
    /// The room for the text is too small.
    NoRoom,
    /// Damaged, or not all there: libdeflate does not tell which.
    Refused,
}

impl Inflater {
    pub(super) fn new() -> Inflater {
        // SAFETY: no precondition; the result is null or a decompressor that we own.
        let state = unsafe { sys::libdeflate_alloc_decompressor() };
        match NonNull::new(state) {
            Some(state) => Inflater { state },
            // The size is libdeflate's secret; only the message of the abort shows it.
            None => handle_alloc_error(Layout::new::<[u8; 16 << 10]>()),
        }
    }

    /// Inflates the member that begins at the first packed byte; what follows it does not matter.
    pub(super) fn member(&mut self, packed: &[u8], text: &mut [u8]) -> Inflated {
        let (mut packed_bytes, mut text_bytes) = (0, 0);
        // SAFETY: `state` is a live decompressor used by nobody else (`&mut self`). Both slices
        // are initialised memory, valid for the lengths given for the whole call, and do not
        // overlap (`&mut` against `&`). The two counts are written, not kept.
        let result = unsafe {
            sys::libdeflate_gzip_decompress_ex(
                self.state.as_ptr(),
                packed.as_ptr().cast(),
                packed.len(),
                text.as_mut_ptr().cast(),
                text.len(),
                &mut packed_bytes,
                &mut text_bytes,
            )
        };
        match result {
            sys::libdeflate_result_LIBDEFLATE_SUCCESS => {
                Inflated::Member { packed: packed_bytes, text: text_bytes }
            }
            sys::libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE => Inflated::NoRoom,
            _ => Inflated::Refused,
        }
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        // SAFETY: `state` came from libdeflate's own allocation and is freed once, here.
        unsafe { sys::libdeflate_free_decompressor(self.state.as_ptr()) }
    }
}

// SAFETY: a decompressor is plain memory without ties to the thread that made it, and every use
// takes `&mut self`.
unsafe impl Send for Inflater {}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn pack(text: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn a_member_ends_where_it_ends_and_not_where_the_buffer_does() {
        let member = pack(b"first");
        let both = [&member[..], &pack(b"second")].concat();
        let mut text = [0; 100];
        let inflated = Inflater::new().member(&both, &mut text);
        assert_eq!(inflated, Inflated::Member { packed: member.len(), text: 5 });
        assert_eq!(&text[..5], b"first");
    }

    #[test]
    fn little_room_and_damage_are_told_apart() {
        let mut member = pack(&[b'a'; 1000]);
        let mut inflater = Inflater::new();
        assert_eq!(inflater.member(&member, &mut [0; 999]), Inflated::NoRoom);
        assert_eq!(inflater.member(&member[..member.len() - 1], &mut [0; 1000]), Inflated::Refused);
        let last = member.len() - 1;
        member[last] ^= 1; // the length in the trailer
        assert_eq!(inflater.member(&member, &mut [0; 1000]), Inflated::Refused);
        assert_eq!(inflater.member(&[], &mut []), Inflated::Refused);
    }
}
