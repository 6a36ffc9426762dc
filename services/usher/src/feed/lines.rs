//! Lines of an input, each of bounded length.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

/// The longest line, bytes, without the line feed.
pub(super) const LINE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// What a gzip file begins with.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const BUFFER_BYTES: usize = 256 * 1024;

/// What the next line is.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A line, without the line feed.
    Whole(&'a [u8]),
    /// A line beyond [`LINE_BYTES_MAX`]; it was skipped.
    TooLong,
}

/// Reads lines, whatever they are made of.
pub struct Lines {
    input: Box<dyn BufRead>,
    line: Vec<u8>,
    is_first: bool,
}

impl Lines {
    /// Lines of plain text, or of text that is compressed with gzip; its first bytes tell.
    pub fn of(mut bytes: impl Read + 'static) -> io::Result<Self> {
        let mut start = Vec::with_capacity(GZIP_MAGIC.len());
        (&mut bytes).take(GZIP_MAGIC.len() as u64).read_to_end(&mut start)?;
        let is_gzip = start == GZIP_MAGIC;
        let whole: Chain<Cursor<Vec<u8>>, _> = Cursor::new(start).chain(bytes);
        let buffered = BufReader::with_capacity(BUFFER_BYTES, whole);
        let input: Box<dyn BufRead> = if is_gzip {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(buffered)))
        } else {
            Box::new(buffered)
        };
        Ok(Self { input, line: Vec::new(), is_first: true })
    }

    /// The next line that is not blank; `None` at the end.
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            self.line.clear();
            let read = (&mut self.input).take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut self.line)?;
            if read == 0 {
                return Ok(None);
            }
            let is_first = std::mem::replace(&mut self.is_first, false);
            if read > LINE_BYTES_MAX && self.line.last() != Some(&b'\n') {
                self.input.skip_until(b'\n')?;
                // Such lines are rare; the room for them is not kept.
                self.line = Vec::new();
                return Ok(Some(Line::TooLong));
            }
            if is_first && self.line.starts_with(BYTE_ORDER_MARK) {
                self.line.drain(..BYTE_ORDER_MARK.len());
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some(Line::Whole(self.line.strip_suffix(b"\n").unwrap_or(&self.line))))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    /// The lengths of the lines; `None` for one that is too long.
    fn lengths(bytes: Vec<u8>) -> io::Result<Vec<Option<usize>>> {
        let mut lines = Lines::of(Cursor::new(bytes))?;
        let mut lengths = Vec::new();
        while let Some(line) = lines.next()? {
            lengths.push(match line {
                Line::Whole(text) => Some(text.len()),
                Line::TooLong => None,
            });
        }
        Ok(lengths)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn blank_lines_and_the_byte_order_mark_are_no_text() {
        assert_eq!(lengths(b"\xef\xbb\xbf{}\n\n \r\n[1]\n{}".to_vec()).unwrap(), [Some(2), Some(3), Some(2)]);
        assert_eq!(lengths(Vec::new()).unwrap(), []);
        assert_eq!(lengths(b"x".to_vec()).unwrap(), [Some(1)]);
    }

    #[test]
    fn a_line_beyond_the_limit_is_skipped_and_reading_goes_on() {
        for (length, expected) in [(LINE_BYTES_MAX, Some(LINE_BYTES_MAX)), (LINE_BYTES_MAX + 1, None)] {
            let mut bytes = vec![b'x'; length];
            assert_eq!(lengths(bytes.clone()).unwrap(), [expected]);
            bytes.extend_from_slice(b"\nab\n");
            assert_eq!(lengths(bytes).unwrap(), [expected, Some(2)]);
        }
    }

    #[test]
    fn gzip_is_known_by_its_first_bytes_and_may_have_several_members() {
        let bytes = [gzip(b"a\nbc\n"), gzip(b"def\n")].concat();
        assert_eq!(lengths(bytes).unwrap(), [Some(1), Some(2), Some(3)]);
    }

    #[test]
    fn gzip_that_is_cut_short_is_an_error() {
        let mut bytes = gzip(b"a\nbc\n");
        bytes.truncate(bytes.len() - 4);
        assert!(lengths(bytes).is_err());
    }
}
