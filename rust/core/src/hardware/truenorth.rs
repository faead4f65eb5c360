//! `TrueNorth`'s rule: a core holds a patch of positions and as many channels as its axons allow.

use super::{above, check_layers, check_sizes, narrow};
use crate::error::{Error, Result};

/// What leads into a layer.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// The layer.
    pub target: usize,
    /// Whether every input meets every neuron.
    pub dense: bool,
    /// Inputs of a neuron.
    pub fan_in: i64,
    /// Groups.
    pub groups: i64,
    /// Inputs of a group.
    pub inputs: i64,
    /// Outputs of a group.
    pub outputs: i64,
    /// Inputs of a pool on the way.
    pub pool: i64,
    /// Height and width of the window.
    pub kernel: [i64; 2],
    /// Its strides.
    pub stride: [i64; 2],
}

/// Layers, what leads into them, and which layers' spikes arrive by which link.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// Channels, height and width; zeros where a layer is not placed.
    pub shapes: &'a [[i64; 3]],
    /// Links.
    pub links: &'a [Link],
    /// Numbers of a layer and of a link.
    pub edges: &'a [[usize; 2]],
    /// Axons and neurons of a core.
    pub limits: [i64; 2],
}

/// What a core holds of a layer: channels, rows, columns, and axons that this takes; zeros where it is not placed.
pub type Block = [i64; 4];

/// Patches of more positions than this are no core's.
const MOST_NEURONS: i64 = 1 << 16;

/// Find each layer's block, and the cores that a spike of it goes to.
///
/// # Errors
///
/// Sizes are negative, 0 where there must be some, or too large; links and edges name what there is not.
pub fn blocks(task: &Task<'_>) -> Result<(Vec<Block>, Vec<i64>)> {
    check(task)?;
    let found: Vec<Block> = (0..task.shapes.len()).map(|layer| best(task, layer)).collect();
    let mut copies = vec![0_i128; task.shapes.len()];
    for &[source, number] in task.edges {
        let link = &task.links[number];
        let block = found[link.target];
        if block[0] > 0 {
            copies[source] += met_blocks(link, block, task.shapes[link.target]);
        }
    }
    Ok((found, copies.into_iter().map(narrow).collect()))
}

fn check(task: &Task<'_>) -> Result<()> {
    let rule = "truenorth";
    check_sizes(rule, task.shapes.iter().flatten().copied(), 0)?;
    let numbers = |link: &Link| [link.fan_in, link.groups, link.inputs, link.outputs, link.pool];
    check_sizes(rule, task.links.iter().flat_map(numbers), 1)?;
    check_sizes(rule, task.links.iter().flat_map(|link| [link.kernel, link.stride]).flatten(), 1)?;
    check_sizes(rule, task.limits, 1)?;
    check_layers(rule, task.links.iter().map(|link| link.target), task.shapes.len())?;
    check_layers(rule, task.edges.iter().map(|edge| edge[0]), task.shapes.len())?;
    if task.edges.iter().any(|edge| edge[1] >= task.links.len()) || task.limits[1] > MOST_NEURONS {
        return Err(Error::data(
            "truenorth: expected edges of links that there are, and cores of at most 2^16 neurons",
        ));
    }
    Ok(())
}

/// The block of the fewest cores; of equal ones the one with the fewest rows, then columns.
fn best(task: &Task<'_>, layer: usize) -> Block {
    let shape = task.shapes[layer];
    let neurons = task.limits[1];
    let mut found = [0; 4];
    if shape.contains(&0) {
        return found;
    }
    let links: Vec<&Link> = task.links.iter().filter(|link| link.target == layer).collect();
    let mut fewest = i128::MAX;
    for high in 1..=shape[1].min(neurons) {
        for wide in 1..=shape[2].min(neurons / high) {
            let Some(block) = deepest(shape, [high, wide], &links, task.limits) else { break };
            let cores = cores(shape, block);
            if cores < fewest {
                (found, fewest) = (block, cores);
            }
        }
    }
    found
}

/// The block with a patch of positions and the most channels, if its axons are not too many.
fn deepest(shape: [i64; 3], patch: [i64; 2], links: &[&Link], limits: [i64; 2]) -> Option<Block> {
    let [axons, neurons] = limits;
    let most = shape[0].min(neurons / (patch[0] * patch[1]));
    let grouped = links.iter().any(|link| link.groups > 1);
    for deep in (1..=most).rev() {
        let used = links.iter().map(|link| axons_of(link, patch, deep, shape[0])).fold(0_i128, i128::saturating_add);
        if used <= i128::from(axons) {
            return Some([deep, patch[0], patch[1], narrow(used)]);
        }
        if !grouped {
            return None;
        }
    }
    None
}

/// Inputs that a patch of positions of some channels sees.
fn axons_of(link: &Link, patch: [i64; 2], deep: i64, channels: i64) -> i128 {
    if link.dense {
        return i128::from(link.fan_in);
    }
    let side =
        |axis: usize| i128::from(patch[axis] - 1) * i128::from(link.stride[axis]) + i128::from(link.kernel[axis]);
    let groups = above(i128::from(deep) * i128::from(link.groups), i128::from(channels));
    (groups * i128::from(link.inputs) * i128::from(link.pool)).saturating_mul(side(0) * side(1))
}

fn cores(shape: [i64; 3], block: Block) -> i128 {
    shape.iter().zip(&block).map(|(&whole, &part)| above(i128::from(whole), i128::from(part))).product()
}

/// Cores of the target that a spike goes to.
fn met_blocks(link: &Link, block: Block, shape: [i64; 3]) -> i128 {
    if link.dense {
        return cores(shape, block);
    }
    let along = |axis: usize| {
        met(link.kernel[axis].into(), link.stride[axis].into(), block[axis + 1].into(), shape[axis + 1].into())
    };
    above(link.outputs.into(), block[0].into()) * along(0) * along(1)
}

/// The most blocks, along an axis, whose windows hold one input.
fn met(kernel: i128, stride: i128, block: i128, outputs: i128) -> i128 {
    let windows = above(kernel, stride).min(outputs);
    above(outputs, block).min(above(windows - 1, block) + 1)
}

#[cfg(test)]
mod tests {
    use super::{Link, Task, blocks};

    const CONV: Link = Link {
        target: 1,
        dense: false,
        fan_in: 36,
        groups: 1,
        inputs: 4,
        outputs: 16,
        pool: 1,
        kernel: [3, 3],
        stride: [1, 1],
    };

    #[test]
    fn a_patch_of_a_convolution() -> crate::error::Result<()> {
        let task = Task { shapes: &[[0; 3], [16, 12, 12]], links: &[CONV], edges: &[[0, 0]], limits: [256, 256] };
        let (found, copies) = blocks(&task)?;
        assert_eq!(found, [[0; 4], [16, 4, 4, 144]]);
        assert_eq!(copies, [4, 0]);
        Ok(())
    }

    #[test]
    fn wrong_tables_are_refused() {
        let good = Task { shapes: &[[1; 3]], links: &[], edges: &[], limits: [1, 1] };
        assert!(blocks(&good).is_ok());
        assert!(blocks(&Task { shapes: &[[-1; 3]], ..good }).is_err());
        assert!(blocks(&Task { links: &[CONV], ..good }).is_err());
        assert!(blocks(&Task { edges: &[[0, 0]], ..good }).is_err());
        assert!(blocks(&Task { limits: [1, 1 << 20], ..good }).is_err());
    }
}
