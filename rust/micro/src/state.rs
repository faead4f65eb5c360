//! What a stream remembers, as bytes: the same as those of `pysnn_capi`, in which a stream of one library goes on in the other.

use crate::bytes::{u32_at, u64_at};
use crate::fault::{Result, fault};
use crate::session::Session;

const MAGIC: &[u8; 16] = b"PYSNNSTA\x01\0\0\0\0\0\0\0";
const HEADER: usize = 56;

impl Session<'_, '_> {
    /// Write the state.
    ///
    /// # Errors
    ///
    /// There is too little room.
    pub fn save(&self, bytes: &mut [u8]) -> Result<()> {
        self.check_stream()?;
        let Some(bytes) = bytes.get_mut(..self.layout.state_bytes) else {
            return Err(fault!(Argument, "room for fewer bytes than a state takes"));
        };
        let (header, values) = bytes.split_at_mut(HEADER);
        header[..16].copy_from_slice(MAGIC);
        header[16..48].copy_from_slice(self.model.digest);
        header[48..].copy_from_slice(&self.steps.to_le_bytes());
        for (bytes, word) in values.chunks_exact_mut(4).zip(&*self.words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Ok(())
    }

    fn check_stream(&self) -> Result<()> {
        if self.goes_on { Ok(()) } else { Err(fault!(Argument, "runs have no state: PYSNN_STREAM")) }
    }

    /// Go on from a state.
    ///
    /// # Errors
    ///
    /// It is not one of this network.
    pub fn load(&mut self, bytes: &[u8]) -> Result<()> {
        self.check_stream()?;
        let good = bytes.len() == self.layout.state_bytes
            && bytes.starts_with(MAGIC)
            && bytes.get(16..48) == Some(self.model.digest)
            && u64_at(bytes, 48) <= 1 << 40;
        if !good {
            return Err(fault!(Data, "not a state of this network"));
        }
        for (number, word) in self.words[..self.layout.kept].iter_mut().enumerate() {
            *word = u32_at(bytes, HEADER + 4 * number) as i32;
        }
        (self.steps, self.proven) = (u64_at(bytes, 48), 0);
        Ok(())
    }
}
