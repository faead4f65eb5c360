//! Loihi's mapping rule: neurons a core by synapse memory, split for output axons and at the border between chips.

use super::{above, narrow};
use crate::error::{Error, Result};

/// A layer: what it has, what a core has room for, and its map.
#[derive(Debug, Clone, Copy)]
pub struct Layer {
    /// Neurons.
    pub neurons: i64,
    /// Synapses, convolutions unrolled; 0 where memory sets no limit.
    pub synapses: i64,
    /// Weights that a core holds; 0 where nothing fits.
    pub capacity: i64,
    /// Most neurons a core.
    pub most: i64,
    /// Channels, height, width.
    pub shape: [i64; 3],
}

/// How spikes reach a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Every neuron.
    Dense,
    /// One neuron each.
    Direct,
    /// The windows that they lie in.
    Window,
}

/// Where a layer's spikes go.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// The layer that spikes.
    pub source: usize,
    /// The layer that is reached.
    pub target: usize,
    /// How.
    pub kind: Kind,
    /// Channels that an input reaches.
    pub channels: i64,
    /// Channels of the target's layout that it may meet.
    pub depth: i64,
    /// Height and width of the window.
    pub kernel: [i64; 2],
    /// Product of the strides.
    pub stride: i64,
}

/// Limits of the chip.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Output axons of a core.
    pub axons: i64,
    /// Those that lead to another chip.
    pub axons_across: i64,
    /// Cores of a chip.
    pub cores: i64,
}

/// By layer: neurons a core (0: it does not fit), cores that a spike goes to, and whether output axons do not suffice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cores {
    /// Neurons a core.
    pub per_core: Vec<i64>,
    /// Cores that a spike goes to.
    pub copies: Vec<i64>,
    /// Whether one neuron's spikes need more axons than there are.
    pub crowded: Vec<bool>,
}

/// Sizes of layers above this are no network's, and those of links above the other: products of them stay inside 128 bits.
const LARGEST: i64 = 1 << 40;
const LARGEST_LINK: i64 = 1 << 27;

/// Work the rule out.
///
/// # Errors
///
/// Sizes are negative, 0 where there must be some, or too large; links name layers that there are not.
pub fn split(layers: &[Layer], links: &[Link], limits: Limits) -> Result<Cores> {
    check(layers, links, limits)?;
    let per_core = layers.iter().map(alone).collect();
    let crowded = vec![false; layers.len()];
    let mut from = vec![Vec::new(); layers.len()];
    for link in links {
        from[link.source].push(*link);
    }
    let mut splitter = Splitter { layers, from, limits, per_core, crowded };
    splitter.split_for_axons(layers.len());
    let mut before = 0_i128;
    for next in 1..layers.len() {
        let last = next - 1;
        before += splitter.cores(last);
        let behind = before + splitter.cores(next);
        let size = i128::from(limits.cores);
        if before > 0 && (before - 1) / size != (behind - 1) / size {
            splitter.split(last, limits.axons_across);
            splitter.split_for_axons(last);
            before = (0..next).map(|layer| splitter.cores(layer)).sum();
        }
    }
    let copies = (0..layers.len()).map(|layer| narrow(splitter.copies(layer))).collect();
    Ok(Cores { per_core: splitter.per_core, copies, crowded: splitter.crowded })
}

fn check(layers: &[Layer], links: &[Link], limits: Limits) -> Result<()> {
    let sized = |value: i64, least: i64| (least..=LARGEST).contains(&value);
    let linked = |value: i64| (1..=LARGEST_LINK).contains(&value);
    let layers_fit = layers.iter().all(|layer| {
        sized(layer.neurons, 1)
            && sized(layer.synapses, 0)
            && sized(layer.capacity, 0)
            && sized(layer.most, 0)
            && layer.shape.iter().all(|&side| sized(side, 1))
    });
    let links_fit = links.iter().all(|link| {
        let numbers = [link.channels, link.depth, link.kernel[0], link.kernel[1], link.stride];
        link.source < layers.len() && link.target < layers.len() && numbers.iter().all(|&value| linked(value))
    });
    let limits_fit = [limits.axons, limits.axons_across, limits.cores].iter().all(|&value| sized(value, 1));
    if layers_fit && links_fit && limits_fit {
        return Ok(());
    }
    Err(Error::data(
        "loihi: expected positive sizes up to 2^40 (layers) and 2^27 (links), and links between layers that there are",
    ))
}

/// Neurons a core before axons are looked at.
fn alone(layer: &Layer) -> i64 {
    if layer.synapses == 0 {
        return layer.most;
    }
    by_memory(layer).min(layer.most)
}

/// Neurons that a core's synapse memory has room for: `floor((1 - a) floor(N / g) + a floor(N c / W))`, `g = ceil(W / c)`,
/// `a = g - W / c`.
fn by_memory(layer: &Layer) -> i64 {
    if layer.capacity == 0 {
        return 0;
    }
    let (neurons, synapses) = (i128::from(layer.neurons), i128::from(layer.synapses));
    let capacity = i128::from(layer.capacity);
    let groups = above(synapses, capacity);
    let spare = groups * capacity - synapses;
    let wide = neurons * capacity / synapses;
    narrow(((capacity - spare) * (neurons / groups) + spare * wide) / capacity)
}

struct Splitter<'a> {
    layers: &'a [Layer],
    from: Vec<Vec<Link>>,
    limits: Limits,
    per_core: Vec<i64>,
    crowded: Vec<bool>,
}

impl Splitter<'_> {
    fn cores(&self, layer: usize) -> i128 {
        match self.per_core[layer] {
            0 => 0,
            count => above(i128::from(self.layers[layer].neurons), i128::from(count)),
        }
    }

    fn copies(&self, layer: usize) -> i128 {
        self.from[layer].iter().map(|link| self.destinations(link)).sum()
    }

    fn destinations(&self, link: &Link) -> i128 {
        let count = i128::from(self.per_core[link.target]);
        if count == 0 {
            return 0;
        }
        match link.kind {
            Kind::Dense => self.cores(link.target),
            Kind::Direct => 1,
            Kind::Window => {
                let stride = i128::from(link.stride);
                let reached = i128::from(link.channels) * i128::from(link.kernel[0]) * i128::from(link.kernel[1]);
                above(reached, count * stride).max(above(self.layout_fan_out(link), stride)).max(1)
            }
        }
    }

    /// Cores that an input's window meets, where a core holds whole positions: channels first, then x, then y.
    fn layout_fan_out(&self, link: &Link) -> i128 {
        let count = self.per_core[link.target];
        let [channels, height, width] = self.layers[link.target].shape;
        let deep = channels.min(count);
        let wide = width.min((count / channels).max(1));
        let high = height.min((count / (channels * wide)).max(1));
        let met = |size: i64, part: i64| above(i128::from(size), i128::from(part));
        met(link.kernel[0], high) * met(link.kernel[1], wide) * met(link.depth, deep)
    }

    fn split_for_axons(&mut self, count: usize) {
        for layer in (0..count).rev() {
            self.split(layer, self.limits.axons);
        }
    }

    fn split(&mut self, layer: usize, most: i64) {
        let count = i128::from(self.per_core[layer]);
        let needed = count.saturating_mul(self.copies(layer));
        if count == 0 || needed <= i128::from(most) {
            return;
        }
        let divides = needed % i128::from(self.limits.axons) == 0;
        let found = count / above(needed, i128::from(most)) - i128::from(divides);
        self.crowded[layer] |= found < 1;
        self.per_core[layer] = narrow(found.max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Layer, Limits, Link, split};

    const LIMITS: Limits = Limits { axons: 4096, axons_across: 1024, cores: 128 };

    fn dense(source: usize, target: usize, outputs: i64) -> Link {
        Link { source, target, kind: Kind::Dense, channels: outputs, depth: outputs, kernel: [1, 1], stride: 1 }
    }

    fn layer(neurons: i64, synapses: i64) -> Layer {
        Layer { neurons, synapses, capacity: 16_380 * 9, most: 1024, shape: [neurons, 1, 1] }
    }

    #[test]
    fn the_published_table_of_n_mnist() -> crate::error::Result<()> {
        let layers = [layer(2312, 0), layer(512, 2312 * 512), layer(10, 5120)];
        let found = split(&layers, &[dense(0, 1, 512), dense(1, 2, 10)], LIMITS)?;
        assert_eq!(found.per_core, [341, 62, 277]);
        assert_eq!(found.copies, [9, 1, 0]);
        assert_eq!(found.crowded, [false; 3]);
        Ok(())
    }

    #[test]
    fn wrong_sizes_are_refused() {
        let good = layer(1, 1);
        assert!(split(&[Layer { neurons: 0, ..good }], &[], LIMITS).is_err());
        assert!(split(&[Layer { synapses: 1 << 41, ..good }], &[], LIMITS).is_err());
        assert!(split(&[good], &[dense(0, 1, 1)], LIMITS).is_err());
        assert!(split(&[good], &[], Limits { cores: 0, ..LIMITS }).is_err());
    }
}
