//! Lists of spikes: those of a map, and those that each site of a layer sees.

use super::plan::Layer;
use super::sorter::{Sorter, Spike};

/// Lists of spikes, each ascending in (time, row), laid end to end.
#[derive(Debug, Default)]
pub(super) struct Lists {
    starts: Vec<usize>,
    spikes: Vec<Spike>,
    /// All rows are below.
    rows: usize,
}

impl Lists {
    pub(super) fn new() -> Self {
        Self { starts: vec![0], spikes: Vec::new(), rows: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// How many rows of weights there have to be for the spikes.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The spikes of one list.
    pub(super) fn get(&self, list: usize) -> &[Spike] {
        match (self.starts.get(list), self.starts.get(list + 1)) {
            (Some(&start), Some(&end)) => self.spikes.get(start..end).unwrap_or(&[]),
            _ => &[],
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[Spike]> {
        (0..self.len()).map(|list| self.get(list))
    }

    /// Add a list: the neurons of a map that spike, in order.
    pub(super) fn push_map(&mut self, times: &[f32], sorter: &mut Sorter) {
        self.rows = self.rows.max(times.len());
        self.spikes.extend(sorter.spiking(times));
        self.starts.push(self.spikes.len());
    }

    /// Replace all lists: the spikes of one map, shared out to the sites of a layer.
    pub(super) fn share_out(&mut self, map: &[Spike], sites: &Sites) {
        self.rows = sites.rows;
        self.starts.clear();
        self.starts.resize(sites.count + 1, 0);
        for spike in map {
            for &(site, _) in sites.seeing(spike.row) {
                self.starts[site as usize + 1] += 1;
            }
        }
        for site in 0..sites.count {
            self.starts[site + 1] += self.starts[site];
        }
        self.spikes.clear();
        self.spikes.resize(self.starts[sites.count], Spike::default());
        // While it is filled, a site's start stands at its next free place: afterwards at the start of the next site.
        for spike in map {
            let channel = spike.row % sites.channels as u32;
            for &(site, row) in sites.seeing(spike.row) {
                let place = &mut self.starts[site as usize];
                self.spikes[*place] = Spike { time: spike.time, row: row + channel };
                *place += 1;
            }
        }
        self.starts.copy_within(0..sites.count, 1);
        self.starts[0] = 0;
    }
}

/// Which sites of a layer see a pixel of its input.
#[derive(Debug)]
pub(super) struct Sites {
    /// By pixel, of `entries`.
    starts: Vec<usize>,
    /// The site, and the row of weights that channel 0 of the pixel meets there.
    entries: Vec<(u32, u32)>,
    count: usize,
    channels: usize,
    /// All rows are below.
    rows: usize,
}

impl Sites {
    pub(super) fn new(layer: &Layer) -> Self {
        let [height, width, channels] = layer.input;
        let (mut starts, mut entries) = (vec![0], Vec::new());
        for pixel in 0..height * width {
            each_site(layer, (pixel * channels) as u32, |site, row| entries.push((site as u32, row)));
            starts.push(entries.len());
        }
        let rows = entries.iter().map(|&(_, row)| row as usize + channels).max().unwrap_or(0);
        Self { starts, entries, count: layer.sites(), channels, rows }
    }

    /// How many rows of weights there have to be for what the sites see.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The sites that see a neuron's pixel.
    pub(super) fn seeing(&self, neuron: u32) -> &[(u32, u32)] {
        let pixel = neuron as usize / self.channels;
        &self.entries[self.starts[pixel]..self.starts[pixel + 1]]
    }
}

/// Call `visit(site, row)` for each window that sees an input neuron, sites ascending.
fn each_site(layer: &Layer, neuron: u32, mut visit: impl FnMut(usize, u32)) {
    let [_, width, channels] = layer.input;
    let neuron = neuron as usize;
    let (pixel, channel) = (neuron / channels, neuron % channels);
    let rows = seen_by(layer, 0, pixel / width);
    let columns = seen_by(layer, 1, pixel % width);
    for (oy, ky) in rows {
        for (ox, kx) in columns.clone() {
            let row = (ky * layer.window.kernel[1] + kx) * channels + channel;
            visit(oy * layer.output[1] + ox, row as u32);
        }
    }
}

/// The windows along one axis that see a position, with the tap that does.
fn seen_by(layer: &Layer, axis: usize, position: usize) -> impl Iterator<Item = (usize, usize)> + Clone {
    let (kernel, stride) = (layer.window.kernel[axis], layer.window.stride[axis]);
    let position = position + layer.window.pads[axis];
    let first = (position + 1).saturating_sub(kernel).div_ceil(stride);
    let last = (position / stride).min(layer.output[axis] - 1);
    (first..=last).map(move |out| (out, position - out * stride))
}

/// For each row of a window, how far its input lies behind the window's first (which may lie in the padding).
pub(super) fn row_offsets(layer: &Layer) -> Vec<isize> {
    let (width, channels) = (layer.input[1], layer.input[2]);
    let [kh, kw] = layer.window.kernel;
    let taps = (0..kh).flat_map(|ky| (0..kw).map(move |kx| (ky * width + kx) * channels));
    taps.flat_map(|tap| (0..channels).map(move |channel| (tap + channel) as isize)).collect()
}

/// Where the first input of a site's window lies, or would lie.
pub(super) fn site_base(layer: &Layer, site: usize) -> isize {
    let (oy, ox) = (site / layer.output[1], site % layer.output[1]);
    let y = (oy * layer.window.stride[0]) as isize - layer.window.pads[0] as isize;
    let x = (ox * layer.window.stride[1]) as isize - layer.window.pads[1] as isize;
    (y * layer.input[1] as isize + x) * layer.input[2] as isize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Window;

    fn layer(kernel: usize, stride: usize, pad: usize) -> Layer {
        let window = Window { kernel: [kernel; 2], stride: [stride; 2], pads: [pad; 4], dilation: [1; 2] };
        let [height, width] = window.output(6, 5).unwrap();
        Layer { name: "a".into(), input: [6, 5, 2], output: [height, width, 3], window, threshold: Some(1.0) }
    }

    #[test]
    fn sites_and_rows_are_those_of_the_windows() {
        for (kernel, stride, pad) in [(3, 1, 1), (2, 2, 0), (3, 2, 1), (1, 1, 0), (2, 3, 1), (5, 1, 4)] {
            let layer = layer(kernel, stride, pad);
            let offsets = row_offsets(&layer);
            let mut met = 0;
            for neuron in 0..60 {
                each_site(&layer, neuron, |site, row| {
                    assert_eq!(site_base(&layer, site) + offsets[row as usize], neuron as isize);
                    met += 1;
                });
            }
            let inside = |axis: usize, size: usize| -> usize {
                (0..layer.output[axis]).map(|out| layer.window.taps(axis, out, size).count).sum()
            };
            assert_eq!(met, inside(0, 6) * inside(1, 5) * 2);
        }
    }

    #[test]
    fn lists_of_sites_are_in_order() {
        let layer = layer(3, 1, 1);
        let times: Vec<f32> = (0..60).map(|i| ((i * 7) % 11) as f32).collect();
        let mut map = Lists::new();
        map.push_map(&times, &mut Sorter::default());
        let mut sites = Lists::new();
        sites.share_out(map.get(0), &Sites::new(&layer));
        assert_eq!(sites.len(), layer.sites());
        for list in sites.iter() {
            assert!(list.windows(2).all(|two| (two[0].time, two[0].row) < (two[1].time, two[1].row)));
        }
        sites.share_out(&[], &Sites::new(&layer));
        assert!(sites.iter().all(<[Spike]>::is_empty));
    }

    #[test]
    fn silent_neurons_are_left_out_and_ties_go_by_index() {
        let mut lists = Lists::new();
        lists.push_map(&[0.5, f32::INFINITY, 0.0, -0.0, 0.5], &mut Sorter::default());
        let order: Vec<u32> = lists.get(0).iter().map(|spike| spike.row).collect();
        assert_eq!(order, [2, 3, 0, 4]);
    }
}
