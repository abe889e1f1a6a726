//! The two images that everything is measured with: Python alone, and with numpy.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use eryx_runtime::{Image, ImageStore, OnProgress, Progress, Recipe, Runtime, Step};
use tempfile::TempDir;

use crate::Runs;
use crate::clock::{Moment, Time};
use crate::program;
use crate::snippets::Group;

/// The steps of making an image, by the names of their rows.
pub(crate) const MAKING: [(&str, Step); 5] = [
    ("check", Step::Check),
    ("link", Step::Link),
    ("fuse", Step::Fuse),
    ("compile", Step::Compile),
    ("boot", Step::Boot),
];

/// What is made after that, in a store that has the image, by the names of their rows.
pub(crate) const AGAIN: [&str; 2] = ["all of it, json imported as well", "all of it, tiny added"];

/// All steps of making an image together.
pub(crate) const ALL_STEPS: &str = "all of it, in an empty store";

pub(crate) struct Images {
    python: Made,
    numpy: Made,
}

/// An image, and what it took to make it.
pub(crate) struct Made {
    recipe: Recipe,
    store: ImageStore,
    pub(crate) image: Image,
    /// For each run, the times of [`MAKING`]; empty if the image was taken from the user's store.
    pub(crate) steps: Vec<[Time; MAKING.len()]>,
    /// For each run, the times of [`ALL_STEPS`] and [`AGAIN`].
    pub(crate) whole: Vec<[Time; 1 + AGAIN.len()]>,
    /// How many functions the last of these compiled, and how many it has.
    pub(crate) functions: Option<(usize, usize)>,
    /// The steps of the last of these.
    pub(crate) added: Option<[Time; MAKING.len()]>,
    /// The folder is removed with it.
    _folder: Option<TempDir>,
}

impl Images {
    /// Makes both images anew if a step of that is wanted; takes them from the user's store
    /// otherwise.
    pub(crate) fn make(
        runtime: &Runtime,
        runs: &Runs,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Self> {
        let mut rows = MAKING.iter().map(|(name, _)| name);
        let anew =
            rows.any(|name| wanted(name)) || wanted(ALL_STEPS) || AGAIN.into_iter().any(wanted);
        let made = |name: &str, recipe| {
            if !anew {
                return Made::of_user(recipe, runtime);
            }
            let mut made: Option<Made> = None;
            for run in 1..=runs.makes {
                eprintln!("making the image of {name}, {run} of {}", runs.makes);
                // One at a time on the disk.
                let before = made.take().map(|made| (made.steps, made.whole));
                let (mut steps, mut whole) = before.unwrap_or_default();
                let new = Made::build(&recipe, runtime)?;
                steps.extend(&new.steps);
                whole.extend(&new.whole);
                made = Some(Made {
                    steps,
                    whole,
                    ..new
                });
            }
            made.context("an image is to be made at least once")
        };
        let mut numpy = Recipe::default();
        for extension in eryx::extensions() {
            numpy.add_extension(extension)?;
        }
        Ok(Self {
            python: made("Python alone", Recipe::default())?,
            numpy: made("Python with numpy", numpy)?,
        })
    }

    /// Both, Python alone first.
    pub(crate) fn both(&self) -> [&Made; 2] {
        [&self.python, &self.numpy]
    }

    /// The image that snippets of a group run in.
    pub(crate) fn of(&self, group: Group) -> &Image {
        match group {
            Group::Python => &self.python.image,
            Group::Numpy => &self.numpy.image,
        }
    }

    /// The versions of what is in the sandbox, as it says itself.
    pub(crate) fn versions(&self) -> Result<String> {
        let timed = program::run(&self.numpy.image, program::VERSIONS)?;
        Ok(timed.text().trim().to_owned())
    }
}

impl Made {
    fn of_user(recipe: Recipe, runtime: &Runtime) -> Result<Self> {
        let store = ImageStore::of_user();
        Ok(Self {
            image: Image::make(&recipe, &store, runtime, &silent())?,
            recipe,
            store,
            steps: Vec::new(),
            whole: Vec::new(),
            functions: None,
            added: None,
            _folder: None,
        })
    }

    /// Makes it in an empty store, and then others beside it.
    fn build(recipe: &Recipe, runtime: &Runtime) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let store = ImageStore::at(folder.path());
        let (image, heard) = make(recipe, &store, runtime)?;
        let steps = MAKING.map(|(_, step)| heard.time(step));

        let mut imported = recipe.clone();
        imported.add_preimport("json");
        let mut added = recipe.clone();
        added.add_extension(&eryx_ext_tiny::EXTENSION)?;
        let imported = make(&imported, &store, runtime)?.1;
        let added = make(&added, &store, runtime)?.1;
        Ok(Self {
            recipe: recipe.clone(),
            store,
            image,
            steps: vec![steps],
            whole: vec![[heard.whole(), imported.whole(), added.whole()]],
            functions: added.functions(),
            added: Some(MAKING.map(|(_, step)| added.time(step))),
            _folder: Some(folder),
        })
    }

    /// Takes the image from its store once more.
    pub(crate) fn load(&self) -> Result<(Image, Time)> {
        let start = Moment::now();
        let runtime = self.image.runtime();
        let image = Image::make(&self.recipe, &self.store, runtime, &silent())?;
        let time = Moment::now().since(start);
        Ok((image, time))
    }
}

/// What was told while an image was made, and when.
struct Heard {
    start: Moment,
    told: Vec<(Progress, Moment)>,
    end: Moment,
}

/// Makes an image and listens.
fn make(recipe: &Recipe, store: &ImageStore, runtime: &Runtime) -> Result<(Image, Heard)> {
    let told: Arc<Mutex<Vec<(Progress, Moment)>>> = Arc::default();
    let listener = told.clone();
    let listen: OnProgress = Arc::new(move |progress| {
        let mut told = listener.lock().unwrap_or_else(PoisonError::into_inner);
        told.push((progress, Moment::now()));
    });
    let start = Moment::now();
    let image = Image::make(recipe, store, runtime, &listen)?;
    let end = Moment::now();
    let told = std::mem::take(&mut *told.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((image, Heard { start, told, end }))
}

impl Heard {
    fn time(&self, step: Step) -> Time {
        let begun = self.told.iter().position(|(told, _)| told.step == step);
        let Some(begun) = begun else {
            return Time::default();
        };
        let after = self.told[begun..]
            .iter()
            .find(|(told, _)| told.step != step);
        let end = after.map_or(self.end, |(_, moment)| *moment);
        end.since(self.told[begun].1)
    }

    fn whole(&self) -> Time {
        self.end.since(self.start)
    }

    /// How many functions were compiled, as far as was told, of how many.
    fn functions(&self) -> Option<(usize, usize)> {
        let told = self.told.iter().map(|(told, _)| told);
        let compiled = told.filter(|told| told.step == Step::Compile);
        let last = compiled.max_by_key(|told| told.done)?;
        Some((last.done - last.reused.min(last.done), last.done))
    }
}

fn silent() -> OnProgress {
    Arc::new(|_| ())
}
