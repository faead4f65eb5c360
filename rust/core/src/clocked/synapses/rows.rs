//! The weight rows of active inputs, gathered for some output pixels.

use crate::clocked::maps::buffers::grow;
use crate::clocked::synapses::bits::SLACK;
use crate::clocked::synapses::dense::pixels::Windows;
use crate::clocked::synapses::events::{ActiveList, Tell};
use crate::clocked::synapses::geometry::Geometry;
use crate::error::Result;
use crate::plan::MAX_BLOCK;

/// Lists of rows are filled up with rows of zeros to a multiple of this, so that loops over them are short and foreseeable.
pub(crate) const UNROLLED: usize = 4;

/// The weight rows of the inputs that some output pixels see, step after step.
#[derive(Debug, Default)]
pub(crate) struct RowList {
    index: Vec<u32>,
    values: Vec<f32>,
    ends: [usize; MAX_BLOCK],
    /// Of convolutions with groups, and where events are followed.
    pub(crate) sums: Sums,
    /// Of dense convolutions.
    pub(crate) windows: Windows,
}

/// Room for sums in either precision.
#[derive(Debug, Default, Clone)]
pub(crate) struct Sums {
    pub(crate) real: Vec<f32>,
    pub(crate) integer: Vec<i32>,
}

impl RowList {
    /// Make room for windows in which every input is as active as it can be.
    pub(crate) fn make_room(&mut self, geometry: &Geometry, steps: usize) -> Result<()> {
        grow(&mut self.index, steps * (geometry.reach.rows() * geometry.tell.times() + UNROLLED) + SLACK)?;
        if geometry.tell == Tell::Value {
            grow(&mut self.values, self.index.len())?;
        }
        self.windows.make_room(geometry);
        Ok(())
    }

    /// The rows of a step, ascending.
    #[inline(always)]
    pub(crate) fn rows(&self, step: usize) -> &[u32] {
        &self.index[self.begin(step)..self.ends[step]]
    }

    /// Their values.
    #[inline(always)]
    pub(crate) fn values(&self, step: usize) -> &[f32] {
        &self.values[self.begin(step)..self.ends[step]]
    }

    #[inline(always)]
    fn begin(&self, step: usize) -> usize {
        if step == 0 { 0 } else { self.ends[step - 1] }
    }

    /// Gather the rows of group `x` of output pixels in row `y`.
    #[inline(always)]
    pub(crate) fn gather(&mut self, geometry: &Geometry, list: &ActiveList, [y, x]: [usize; 2], steps: usize) {
        let (window, columns, input) = (&geometry.reach.window, geometry.reach.columns(), geometry.input);
        let [down, across] = [geometry.down[y], geometry.spans[x]];
        // Columns that lie side by side are one slice; columns apart are one each.
        let joined = window.dilation[1] == 1;
        let (slices, width) = if joined { (usize::from(across.count > 0), across.count) } else { (across.count, 1) };
        let mut used = 0;
        for step in 0..steps {
            let first = used;
            for tap in 0..down.count {
                let line = (down.position + tap * window.dilation[0]) * steps + step;
                let starts = &list.starts[line * (input.width + 1)..(line + 1) * (input.width + 1)];
                let first_row = (down.first + tap) * columns + across.first;
                for slice in 0..slices {
                    let left = across.position + slice * window.dilation[1];
                    let [begin, end] = [starts[left] as usize, starts[left + width] as usize];
                    let offset = ((first_row + slice) * input.channels).wrapping_sub(left * input.channels) as u32;
                    self.copy(list, [begin, end], offset, used);
                    if geometry.tell == Tell::Value {
                        self.copy_values(list, [begin, end], used);
                    }
                    used += end - begin;
                }
            }
            let end = first + (used - first).next_multiple_of(UNROLLED);
            self.fill_up(geometry, used);
            self.ends[step] = end;
            used = end;
        }
    }

    /// Copy a slice in whole chunks: what lies behind its end is overwritten by the next one. One chunk is copied in
    /// any case, because whether a short slice is empty is what a processor cannot predict.
    #[inline(always)]
    fn copy(&mut self, list: &ActiveList, [begin, end]: [usize; 2], offset: u32, used: usize) {
        let needed = used + (end - begin) + SLACK;
        if self.index.len() < needed {
            self.index.resize(2 * needed, 0);
        }
        let mut done = 0;
        loop {
            let from = &list.entries[begin + done..begin + done + SLACK];
            let moved: [u32; SLACK] = std::array::from_fn(|i| from[i].wrapping_add(offset));
            self.index[used + done..used + done + SLACK].copy_from_slice(&moved);
            done += SLACK;
            if done >= end - begin {
                break;
            }
        }
    }

    #[inline(always)]
    fn copy_values(&mut self, list: &ActiveList, [begin, end]: [usize; 2], used: usize) {
        if self.values.len() < used + end - begin {
            self.values.resize(self.index.len(), 0.0);
        }
        self.values[used..used + end - begin].copy_from_slice(&list.values[begin..end]);
    }

    /// Write rows of zeros behind the last one.
    #[inline(always)]
    fn fill_up(&mut self, geometry: &Geometry, used: usize) {
        if self.index.len() < used + UNROLLED {
            self.index.resize(2 * (used + UNROLLED), 0);
        }
        self.index[used..used + UNROLLED].fill(geometry.reach.nothing() as u32);
        if geometry.tell == Tell::Value {
            if self.values.len() < used + UNROLLED {
                self.values.resize(self.index.len(), 0.0);
            }
            self.values[used..used + UNROLLED].fill(0.0);
        }
    }
}
