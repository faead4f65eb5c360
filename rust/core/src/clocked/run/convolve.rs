//! How layers run on a sample's workspace: the family of kernels, what they read, the bands of threads.

use crate::clocked::block::Block;
use crate::clocked::layer::bands::{self, Band, Target};
use crate::clocked::layer::edges::ScaleOf;
use crate::clocked::layer::firing::Kept;
use crate::clocked::layer::frame::{Frame, Inputs};
use crate::clocked::layer::pass::Layer;
use crate::clocked::maps::buffers::{Buffer, Element};
use crate::clocked::profile::Part;
use crate::clocked::program::stage::Stage;
use crate::clocked::run::sample::Sample;
use crate::clocked::run::state::Remembered;
use crate::clocked::synapses::choice::{
    DOTS_PAY, DenseReals, Density, Family, VALUED, dot_crossover, dots_in_tiles, lookup_crossover,
};
use crate::clocked::synapses::conv::{Synapses, Synaptic};
use crate::clocked::synapses::dense::Counts;
use crate::clocked::synapses::dense::padded::{Pad, Padded, Word};
use crate::clocked::synapses::dense::patterns::PackSpikes;
use crate::clocked::synapses::dense::planes::PackPlanes;
use crate::clocked::synapses::dense::words::PackCounts;
use crate::clocked::synapses::events::{ListCounts, ListReals, Tell};
use crate::clocked::synapses::geometry::Geometry;
use crate::clocked::synapses::rows::RowList;
use crate::dot::lookup::LOOKUPS;
use crate::error::Result;
use crate::threads::{Team, share};

impl Sample<'_> {
    /// Run a layer over a block.
    pub(crate) fn layer<A>(&mut self, stage: &Stage, layer: &Layer<A>, block: &Block, target: &mut Buffer) -> Result<()>
    where
        A: Synaptic + ScaleOf + Remembered,
    {
        let (mut family, in_tiles) = (Family::Event, dots_in_tiles(self.program.level, block.steps));
        if let Some(synapses) = &layer.synapses {
            family = self.family(synapses, block)?;
            self.workspace.used[synapses.geometry.op].note(family);
            match family {
                Family::Event => self.list(&synapses.geometry, block)?,
                Family::Dot if !A::INTEGER => self.pad::<f32>(&synapses.geometry)?,
                Family::Dot if block.steps == 1 => self.pad::<u32>(&synapses.geometry)?,
                Family::Dot if in_tiles => self.pack_planes(&synapses.geometry, block)?,
                Family::Dot => self.pack(&synapses.geometry, block)?,
                Family::Lookup if LOOKUPS => self.pack_spikes(&synapses.geometry, block)?,
                Family::Lookup => {}
            }
        }
        let workspace = &mut *self.workspace;
        let inputs = match family {
            Family::Event => Inputs::Active(&workspace.list),
            Family::Dot if !A::INTEGER => Inputs::All(Counts::Reals(&workspace.reals)),
            Family::Dot if block.steps == 1 => Inputs::All(Counts::Step(&workspace.padded)),
            Family::Dot if in_tiles => Inputs::All(Counts::Planes(&workspace.planes)),
            Family::Dot => Inputs::All(Counts::Steps(&workspace.words)),
            Family::Lookup => Inputs::All(Counts::Patterns(&workspace.patterns)),
        };
        let (maps, places, steps) = (&workspace.maps, &self.program.layout.places[..], block.steps);
        let frame = Frame { level: self.program.level, inputs, maps, places, steps };
        let target = if let Some(firing) = &layer.firing {
            let memory = A::potentials(&mut workspace.memory[stage.op])?;
            let kept = if !A::INTEGER || self.request.keeps_potentials() || !firing.starts_afresh() {
                Kept::new(memory, layer.shape.pixels() * firing.chunks, &firing.model)
            } else {
                Kept::nothing()
            };
            if firing.never() {
                Target::Potentials(A::of_mut(target)?, kept)
            } else {
                Target::Spikes(u8::of_mut(target)?, kept)
            }
        } else {
            Target::Currents(A::of_mut(target)?)
        };
        let observed = workspace.observed[stage.op].as_mut();
        if let Some(synapses) = &layer.synapses {
            workspace.profile.lap_of(synapses.geometry.op, Part::Pack);
        }
        let height = layer.shape.height;
        let bands = bands_of(self.team, height);
        match self.team {
            Some(team) if bands > 1 && observed.is_none() => {
                if workspace.gathered.len() < bands {
                    workspace.gathered.resize_with(bands, RowList::default);
                }
                layer.share(frame, target, &mut workspace.gathered[..bands], team)
            }
            _ => {
                let gathered = &mut workspace.gathered[0];
                layer.run(
                    frame,
                    Band { rows: 0..height, target, observed, profile: Some(&mut workspace.profile), gathered },
                    self.poll,
                )
            }
        }
    }

    /// What is to compute a convolution in this block. It hangs on the plan and on the data alone.
    fn family<A: Synaptic>(&self, synapses: &Synapses<A>, block: &Block) -> Result<Family> {
        let (level, geometry) = (self.program.level, &synapses.geometry);
        let map = self.program.place(geometry.source);
        if synapses.dense.is_none() {
            return Ok(Family::Event);
        }
        let looks_up = || synapses.looks_up(level, block.steps);
        match self.program.family {
            Some(Family::Lookup) if !looks_up() => return Ok(Family::Dot),
            Some(family) => return Ok(family),
            None => {}
        }
        let outputs = self.program.ops[geometry.op].spec.shape;
        if !A::INTEGER {
            let map = self.workspace.maps.view(map, 1)?;
            return Ok(if level.run(DenseReals { map, outputs }) { Family::Dot } else { Family::Event });
        }
        if !DOTS_PAY {
            return Ok(Family::Event);
        }
        let to_dot = dot_crossover(level, outputs.channels, block.steps);
        let map = self.workspace.maps.view(map, block.steps)?;
        let cost = if geometry.tell == Tell::Value { VALUED } else { 1.0 };
        let density =
            if to_dot <= 0.0 { f32::INFINITY } else { cost * level.run(Density { map, tell: geometry.tell }) };
        Ok(if density >= lookup_crossover(outputs.channels) && looks_up() {
            Family::Lookup
        } else if density >= to_dot {
            Family::Dot
        } else {
            Family::Event
        })
    }

    /// List the active inputs of a convolution, unless the last one had the same source.
    fn list(&mut self, geometry: &Geometry, block: &Block) -> Result<()> {
        let workspace = &mut *self.workspace;
        let wanted = Some((geometry.source, geometry.tell));
        if workspace.list.source == wanted {
            return Ok(());
        }
        let (list, shape) = (&mut workspace.list, geometry.input);
        list.source = wanted;
        let place = self.program.place(geometry.source);
        if self.program.ops[geometry.source].spec.kind.holds_spikes() {
            let map = workspace.maps.view(place, block.steps)?;
            self.program.level.run(ListCounts { list, map, shape, tell: geometry.tell });
        } else {
            let map = workspace.maps.view(place, block.steps)?;
            self.program.level.run(ListReals { list, map, shape });
        }
        Ok(())
    }

    /// Put zeros around the source of a dense convolution at one step, unless the last one had the same.
    fn pad<W: PaddedIn>(&mut self, geometry: &Geometry) -> Result<()> {
        let workspace = &mut *self.workspace;
        let (pads, shape, level) = (geometry.window.pads, geometry.input, self.program.level);
        let map = workspace.maps.view(self.program.place(geometry.source), 1)?;
        let padded = W::padded(&mut workspace.padded, &mut workspace.reals);
        if padded.source == Some((geometry.source, pads)) {
            return Ok(());
        }
        padded.begin(geometry.source, shape, pads)?;
        let count = bands_of(self.team, shape.height);
        share(self.team, self.poll, padded.bands(count), |rows, _| {
            level.run(Pad { rows, map, shape, left: pads[1] });
            Ok(())
        })
    }

    /// Pack the spikes that a dense convolution looks sums up by, unless the last one had the same.
    fn pack_spikes(&mut self, geometry: &Geometry, block: &Block) -> Result<()> {
        let workspace = &mut *self.workspace;
        let (pads, shape, level) = (geometry.window.pads, geometry.input, self.program.level);
        if workspace.patterns.source == Some((geometry.source, pads)) {
            return Ok(());
        }
        workspace.patterns.begin(geometry.source, shape, pads, block.steps)?;
        let apart = workspace.patterns.apart();
        let map = workspace.maps.view(self.program.place(geometry.source), block.steps)?;
        let count = bands_of(self.team, shape.height);
        share(self.team, self.poll, workspace.patterns.bands(count), |rows, _| {
            level.run(PackSpikes { level, rows, apart, map, shape, left: pads[1] });
            Ok(())
        })
    }

    /// Put zeros around the source of dot products in tiles, unless the last one had the same.
    fn pack_planes(&mut self, geometry: &Geometry, block: &Block) -> Result<()> {
        let workspace = &mut *self.workspace;
        let (left, shape, level) = (geometry.window.pads[1], geometry.input, self.program.level);
        if !workspace.planes.begin(geometry, block.steps)? {
            return Ok(());
        }
        let layout = workspace.planes.layout();
        let map = workspace.maps.view(self.program.place(geometry.source), block.steps)?;
        let count = bands_of(self.team, shape.height);
        share(self.team, self.poll, workspace.planes.bands(count), |rows, _| {
            level.run(PackPlanes { rows, layout, map, shape, left });
            Ok(())
        })
    }

    /// Pack the source of a dense convolution, unless the last one had the same.
    fn pack(&mut self, geometry: &Geometry, block: &Block) -> Result<()> {
        let workspace = &mut *self.workspace;
        if workspace.words.source == Some(geometry.source) {
            return Ok(());
        }
        let (words, shape, level) = (&mut workspace.words, geometry.input, self.program.level);
        words.begin(geometry.source, shape, block.steps)?;
        let map = workspace.maps.view(self.program.place(geometry.source), block.steps)?;
        let count = bands_of(self.team, shape.pixels());
        let pieces = words.pieces(block.steps, shape, count);
        share(self.team, self.poll, pieces, |piece, _| {
            level.run(PackCounts { level, piece, map });
            Ok(())
        })
    }
}

/// Bands of so many rows, or pixels, for the threads that share them.
fn bands_of(team: Option<&Team<'_>>, rows: usize) -> usize {
    team.map_or(1, |team| bands::count(rows, team.threads()))
}

/// Which of a worker's padded maps has words of a kind.
trait PaddedIn: Word {
    fn padded<'a>(counts: &'a mut Padded<u32>, reals: &'a mut Padded<f32>) -> &'a mut Padded<Self>;
}

impl PaddedIn for u32 {
    fn padded<'a>(counts: &'a mut Padded<u32>, _: &'a mut Padded<f32>) -> &'a mut Padded<Self> {
        counts
    }
}

impl PaddedIn for f32 {
    fn padded<'a>(_: &'a mut Padded<u32>, reals: &'a mut Padded<f32>) -> &'a mut Padded<Self> {
        reals
    }
}
