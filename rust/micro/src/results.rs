//! What a session has come to: its scores, and whether they are those of the file's golden run.

use crate::bytes::{u32_at, u64_at};
use crate::fault::{Result, fault};
use crate::float::Float;
use crate::op::Kind;
use crate::session::{Session, long};

impl Session<'_, '_> {
    /// The scores behind the last step.
    ///
    /// # Errors
    ///
    /// There is no step, or room for another number of scores.
    pub fn scores(&self, scores: &mut [f32]) -> Result<()> {
        let op = self.model.last();
        if self.steps == 0 {
            return Err(fault!(Argument, "no step has been taken"));
        }
        if scores.len() != op.size() {
            return Err(fault!(Argument, "room for another number of scores"));
        }
        let sums = &self.words[self.layout.kept - 2 * op.size()..self.layout.kept];
        let units = self.model.array(op, 0, 8);
        for (i, (score, sum)) in scores.iter_mut().zip(sums.chunks_exact(2)).enumerate() {
            let unit = if units.is_empty() { None } else { Some(u64_at(units, 8 * (i / op.pixels()))) };
            *score = self.score(long(sum), unit);
        }
        Ok(())
    }

    fn score(&self, sum: i64, unit: Option<u64>) -> f32 {
        let steps = self.steps as i64;
        match (self.model.readout(), unit) {
            (4, _) if sum < 0 => f32::NEG_INFINITY,
            (4, _) => Float::single(sum.wrapping_neg()).to_f32(),
            (1, Some(unit)) => Float::double(sum).times(Float::of_bits(unit)).over(Float::double(steps)).to_f32(),
            (1, None) => Float::single(sum).over_single(Float::single(steps)).to_f32(),
            (_, Some(unit)) => Float::double(sum).times(Float::of_bits(unit)).to_f32(),
            (_, None) => Float::single(sum).to_f32(),
        }
    }

    /// Repeat the golden run: every score, and the spikes of each layer, must be those of the file.
    ///
    /// # Errors
    ///
    /// A score or a number of spikes differs.
    pub fn verify(&mut self) -> Result<()> {
        let differs = fault!(Golden, "the golden run gives other scores or spikes here");
        let [samples, steps] = [12, 16].map(|at| u32_at(self.model.about(), at) as usize);
        let [input, scores, spikes] = self.model.golden();
        let (first, last) = (self.model.op(0), self.model.last());
        let pixels = self.model.pixels();
        let (size, classes) = (first.size() >> u32::from(pixels), last.size());
        let rows = if pixels { Some(samples) } else { samples.checked_mul(steps) };
        let expected = rows.and_then(|rows| rows.checked_mul(size));
        if expected != Some(input.len()) || samples.checked_mul(4 * classes) != Some(scores.len()) {
            return Err(fault!(Format, "the golden run is of another size"));
        }
        let layers = (0..self.model.count()).filter(|&number| self.is_neuron(number)).count();
        if samples.checked_mul(8).and_then(|n| n.checked_add(40)).and_then(|n| n.checked_mul(layers))
            != Some(spikes.len())
        {
            return Err(fault!(Format, "the golden run is of another size"));
        }
        for sample in 0..samples {
            self.reset();
            // Spikes of the layers are compared as the sum of all, layer by layer in each step.
            let mut left = [0_u64; 2];
            if pixels {
                self.picture(&input[sample * size..][..size])?;
                self.run(steps as u32)?;
            }
            for step in 0..if pixels { 0 } else { steps } {
                self.bytes[..size].copy_from_slice(&input[(step * samples + sample) * size..][..size]);
                if self.bytes[..size].iter().any(|&count| usize::from(count) > first.most()) {
                    return Err(fault!(Format, "a golden count is too large"));
                }
                self.advance(1)?;
            }
            left[0] += self.spikes;
            for layer in 0..layers {
                left[1] += u64_at(spikes, layer * (40 + 8 * samples) + 8 + 8 * sample);
            }
            for class in 0..classes {
                let sums = &self.words[self.layout.kept - 2 * classes..self.layout.kept];
                let units = self.model.array(last, 0, 8);
                let unit = (!units.is_empty()).then(|| u64_at(units, 8 * (class / last.pixels())));
                let score = self.score(long(&sums[2 * class..]), unit).to_bits();
                let wanted = u32_at(scores, 4 * (sample * classes + class));
                // The sign of a zero is not defined.
                if score != wanted && (score | wanted) << 1 != 0 {
                    return Err(differs);
                }
            }
            if left[0] != left[1] {
                return Err(differs);
            }
        }
        Ok(())
    }

    fn is_neuron(&self, number: usize) -> bool {
        self.model.op(number).kind() == Kind::Neuron
    }
}
