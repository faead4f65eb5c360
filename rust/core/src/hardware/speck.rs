//! Speck's (DYNAP-CNN's) rule: memory in powers of two, layers matched with cores.

use super::{check_layers, check_sizes};
use crate::error::Result;

/// Weights of a layer.
#[derive(Debug, Clone, Copy)]
pub struct Kernels {
    /// The layer's number.
    pub layer: usize,
    /// Input channels of a group.
    pub inputs: i64,
    /// Positions of a kernel.
    pub positions: i64,
    /// Output channels.
    pub outputs: i64,
}

/// By layer: words of memory, whether any core has room, and its core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cores {
    /// Words of kernel memory.
    pub kernels: Vec<i128>,
    /// Words of neuron memory.
    pub neurons: Vec<i128>,
    /// Whether any core has room for both.
    pub fits: Vec<bool>,
    /// Its core, if one is left for it.
    pub cores: Vec<Option<usize>>,
}

/// Give each layer (channels, height, width) a core of its own, as many layers as can have one.
///
/// # Errors
///
/// Sizes are not positive or too large; kernels name layers that there are not.
pub fn assign(shapes: &[[i64; 3]], kernels: &[Kernels], rooms: &[[i64; 2]]) -> Result<Cores> {
    check_sizes("speck", shapes.iter().flatten().copied(), 1)?;
    check_sizes("speck", kernels.iter().flat_map(|k| [k.inputs, k.positions, k.outputs]), 1)?;
    check_layers("speck", kernels.iter().map(|k| k.layer), shapes.len())?;
    let mut words = vec![0_i128; shapes.len()];
    for given in kernels {
        words[given.layer] += i128::from(given.inputs) << (log2(given.positions) + log2(given.outputs));
    }
    let neurons: Vec<i128> = shapes.iter().map(|&[f, h, w]| i128::from(f) << (log2(h) + log2(w))).collect();
    let fits: Vec<Vec<usize>> = words
        .iter()
        .zip(&neurons)
        .map(|(&kernel, &held)| {
            (0..rooms.len())
                .filter(|&core| kernel <= i128::from(rooms[core][0]) && held <= i128::from(rooms[core][1]))
                .collect()
        })
        .collect();
    let cores = matching(&fits, rooms.len());
    Ok(Cores { kernels: words, neurons, fits: fits.iter().map(|found| !found.is_empty()).collect(), cores })
}

/// The logarithm to base 2 of a positive number, rounded up.
fn log2(count: i64) -> u32 {
    i64::BITS - (count - 1).leading_zeros()
}

/// A largest matching of layers with cores, by augmenting paths.
fn matching(fits: &[Vec<usize>], cores: usize) -> Vec<Option<usize>> {
    let mut taken = vec![None; cores];
    for layer in 0..fits.len() {
        place(layer, fits, &mut taken, &mut vec![false; cores]);
    }
    let mut found = vec![None; fits.len()];
    for (core, holder) in taken.into_iter().enumerate() {
        if let Some(layer) = holder {
            found[layer] = Some(core);
        }
    }
    found
}

/// Place a layer, moving others where that helps; as deep as there are cores.
fn place(layer: usize, fits: &[Vec<usize>], taken: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for &core in &fits[layer] {
        if std::mem::replace(&mut seen[core], true) {
            continue;
        }
        let free = taken[core].is_none_or(|holder| place(holder, fits, taken, seen));
        if free {
            taken[core] = Some(layer);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Kernels, assign};

    #[test]
    fn words_and_cores() -> crate::error::Result<()> {
        let kernels = [Kernels { layer: 0, inputs: 16, positions: 9, outputs: 32 }];
        let found = assign(&[[32, 64, 64]], &kernels, &[[16_384, 65_536]])?;
        assert_eq!((found.kernels, found.neurons, found.fits), (vec![8192], vec![131_072], vec![false]));
        assert_eq!(found.cores, [None]);
        let found = assign(&[[1, 1, 1], [2, 1, 1]], &[], &[[0, 2], [0, 1]])?;
        assert_eq!(found.cores, [Some(1), Some(0)]);
        assert!(assign(&[[0, 1, 1]], &[], &[]).is_err());
        assert!(assign(&[], &kernels, &[]).is_err());
        Ok(())
    }
}
